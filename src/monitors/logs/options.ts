/** The options of the logs monitor. Their long names are those of grep(1) and journalctl(1) where they mean the same. */
import type { OptionTable } from '../../plugin.ts';

export const logsOptions = {
  message: { kind: 'text', short: 'm', hint: 'TEXT', summary: 'Text, or regular expression, that a line must contain' },
  logfile: { kind: 'list', hint: 'FILE,...', summary: 'Files to watch, patterns too (default: syslog)' },
  interval: { kind: 'duration', hint: 'DURATION', summary: 'How often files are looked at unasked (default: 1s)' },
  'no-files': { kind: 'flag', summary: 'Watch no files' },
  journal: { kind: 'list', hint: 'UNIT,...', summary: 'Watch only these units (default: the whole journal)' },
  'no-journal': { kind: 'flag', summary: 'Do not watch the journal' },
  count: { kind: 'count', hint: 'N', summary: 'Trigger on the Nth matching line (default: 1)' },
  'ignore-case': { kind: 'flag', short: 'i', summary: 'Ignore upper and lower case in --message' },
  'fixed-strings': { kind: 'flag', short: 'F', summary: 'Take --message as plain text' },
  'extended-regexp': { kind: 'flag', short: 'E', summary: 'Take --message as a regular expression' },
} as const satisfies OptionTable;
