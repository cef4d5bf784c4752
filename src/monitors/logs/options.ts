/** The options of the logs monitor. Their long names are those of grep(1) and journalctl(1) where they mean the same. */
import type { OptionTable, Values } from '../../options/table.ts';
import { unitEvents } from './unit-events.ts';

export const logsOptions = {
  message: {
    kind: 'texts',
    short: 'm',
    hint: 'TEXT',
    gives: 'event',
    summary: 'Text, or expression, that a line must contain; may be repeated',
    requiredUnless: ['unit-event'],
    tried: {
      g: '-m TEXT',
      grep: '--message TEXT',
      pattern: '--message TEXT',
      e: '-m TEXT',
      regex: '-E --message TEXT',
      regexp: '-E --message TEXT',
    },
  },
  logfile: {
    kind: 'list',
    hint: 'FILE,...',
    defaultWords: '/var/log/messages, syslog',
    summary: 'Files to watch, patterns too',
    excludes: ['no-files', 'unit-event'],
    completes: 'file',
    tried: { f: '--logfile FILE', file: '--logfile FILE', log: '--logfile FILE' },
  },
  encoding: {
    kind: 'text',
    hint: 'NAME',
    summary: 'Encoding of lines that are not UTF-8, such as latin1',
    excludes: ['no-files'],
  },
  interval: { kind: 'duration', hint: 'DURATION', default: 1000, summary: 'How often files are looked at unasked' },
  files: { kind: 'flag', default: true, summary: 'Watch no files' },
  journal: {
    kind: 'list',
    short: 'u',
    alias: 'unit',
    hint: 'UNIT,...',
    defaultWords: 'the whole journal',
    summary: 'Only these units, no files',
    negated: 'Do not watch the journal',
    completes: 'unit',
  },
  priority: {
    kind: 'text',
    hint: 'LEVEL',
    summary: 'Only journal entries of this priority, as in journalctl',
    excludes: ['no-journal'],
    tried: { p: '--priority LEVEL' },
  },
  'journal-match': {
    kind: 'texts',
    hint: 'FIELD=VALUE',
    summary: 'Only journal entries with this field; may be repeated',
    excludes: ['no-journal'],
    tried: {
      t: '--journal-match SYSLOG_IDENTIFIER=NAME',
      identifier: '--journal-match SYSLOG_IDENTIFIER=NAME',
      'user-unit': '--journal-match _SYSTEMD_USER_UNIT=NAME.service',
      facility: '--journal-match SYSLOG_FACILITY=NUMBER',
      k: '--journal-match _TRANSPORT=kernel',
      dmesg: '--journal-match _TRANSPORT=kernel',
    },
  },
  'journal-dir': {
    kind: 'text',
    hint: 'DIR',
    summary: 'The journal in this folder: a copy, or of a mounted host',
    excludes: ['no-journal'],
    completes: 'folder',
    tried: {
      D: '--journal-dir DIR',
      directory: '--journal-dir DIR',
      namespace: '--journal-dir /var/log/journal/$(cat /etc/machine-id).NAME',
    },
  },
  'journal-reader': {
    kind: 'choice',
    choices: ['native', 'journalctl'],
    hint: 'READER',
    defaultWords: 'native where it can',
    summary: 'native or journalctl',
    excludes: ['no-journal'],
  },
  'journal-latency': {
    kind: 'duration',
    hint: 'DURATION',
    most: 1000,
    defaultWords: '25ms',
    summary: 'How often a busy journal is looked at',
    excludes: ['no-journal'],
  },
  'unit-event': {
    kind: 'choices',
    choices: unitEvents,
    hint: 'EVENT,...',
    gives: 'event',
    summary: 'failed, restarted, oom, coredump, exited: what units go through',
    excludes: ['no-journal'],
  },
  exclude: {
    kind: 'texts',
    hint: 'TEXT',
    summary: 'Pass over lines that match TEXT; may be repeated',
    tried: { v: '--exclude TEXT', 'invert-match': '--exclude TEXT' },
  },
  echo: { kind: 'flag', summary: "Let echoes of rig's own command line count too" },
  'ignore-case': { kind: 'flag', short: 'i', summary: 'Ignore upper and lower case' },
  'fixed-strings': {
    kind: 'flag',
    short: 'F',
    summary: 'Take --message as plain text',
    excludes: ['extended-regexp'],
  },
  'extended-regexp': { kind: 'flag', short: 'E', summary: 'Take --message as a regular expression' },
} as const satisfies OptionTable;

/** What the command line gives for them; the texts of --then and --unless are searched for like --message. */
export type LogsValues = Values<typeof logsOptions> & { then?: string | undefined; unless?: string | undefined };
