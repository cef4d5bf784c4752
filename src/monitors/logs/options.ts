/** The options of the logs monitor. Their long names are those of grep(1) and journalctl(1) where they mean the same. */
import type { OptionTable, Values } from '../../options/table.ts';

export const logsOptions = {
  message: { kind: 'text', short: 'm', hint: 'TEXT', summary: 'Text, or regular expression, that a line must contain' },
  logfile: {
    kind: 'list',
    hint: 'FILE,...',
    summary: 'Files to watch, patterns too (default: /var/log/messages, syslog)',
  },
  interval: { kind: 'duration', hint: 'DURATION', summary: 'How often files are looked at unasked (default: 1s)' },
  'no-files': { kind: 'flag', summary: 'Watch no files' },
  journal: { kind: 'list', hint: 'UNIT,...', summary: 'Watch only these units (default: the whole journal)' },
  'no-journal': { kind: 'flag', summary: 'Do not watch the journal' },
  priority: { kind: 'text', hint: 'LEVEL', summary: 'Only journal entries of this priority, as in journalctl' },
  'journal-match': {
    kind: 'texts',
    hint: 'FIELD=VALUE',
    summary: 'Only journal entries with this field; may be repeated',
  },
  'journal-dir': { kind: 'text', hint: 'DIR', summary: 'The journal in this folder: a copy, or of a mounted host' },
  'journal-reader': { kind: 'text', hint: 'READER', summary: 'native or journalctl (default: native where it can)' },
  'journal-latency': {
    kind: 'duration',
    hint: 'DURATION',
    summary: 'How often a busy journal is looked at (default: 25ms)',
  },
  'unit-event': {
    kind: 'list',
    hint: 'EVENT,...',
    summary: 'failed, restarted, oom, coredump, exited: what units go through',
  },
  exclude: { kind: 'texts', hint: 'TEXT', summary: 'Pass over lines that match TEXT; may be repeated' },
  count: { kind: 'count', hint: 'N', summary: 'Trigger on the Nth matching line (default: 1)' },
  distinct: {
    kind: 'count',
    otherwise: 1,
    hint: 'N',
    summary: 'With --restart: N triggers (default: 1) for each kind of line',
  },
  within: { kind: 'duration', hint: 'DURATION', summary: 'Time for --count, --then and --unless' },
  absent: { kind: 'duration', hint: 'DURATION', summary: 'Trigger when no line has matched for so long' },
  // biome-ignore lint/suspicious/noThenProperty: an option table is never awaited
  then: { kind: 'text', hint: 'TEXT', summary: 'Trigger when TEXT follows the message, --within' },
  unless: { kind: 'text', hint: 'TEXT', summary: 'Trigger when TEXT does not follow the message, --within' },
  echo: { kind: 'flag', summary: "Let echoes of rig's own command line count, too" },
  'ignore-case': { kind: 'flag', short: 'i', summary: 'Ignore upper and lower case in --message' },
  'fixed-strings': { kind: 'flag', short: 'F', summary: 'Take --message as plain text' },
  'extended-regexp': { kind: 'flag', short: 'E', summary: 'Take --message as a regular expression' },
} as const satisfies OptionTable;

/** What the command line gives for them. */
export type LogsValues = Values<typeof logsOptions>;
