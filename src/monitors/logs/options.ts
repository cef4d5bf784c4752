/** The options of the logs monitor. Their long names are those of grep(1) and journalctl(1) where they mean the same. */
import type { OptionTable } from '../../plugin.ts';

export const logsOptions = {
  message: { kind: 'text', short: 'm', hint: 'TEXT', summary: 'text, or regular expression, that a line must contain' },
  logfile: { kind: 'list', hint: 'FILE,...', summary: 'files to watch (default: /var/log/messages or syslog)' },
  'no-files': { kind: 'flag', summary: 'watch no files' },
  journal: { kind: 'list', hint: 'UNIT,...', summary: 'watch only these units (default: the whole journal)' },
  'no-journal': { kind: 'flag', summary: 'do not watch the journal' },
  count: { kind: 'count', hint: 'N', summary: 'trigger on the Nth matching line (default: 1)' },
  'ignore-case': { kind: 'flag', short: 'i', summary: 'ignore upper and lower case in --message' },
  'fixed-strings': { kind: 'flag', short: 'F', summary: '--message is plain text' },
  'extended-regexp': { kind: 'flag', short: 'E', summary: '--message is a regular expression' },
} as const satisfies OptionTable;
