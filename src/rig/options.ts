import type { OptionTable } from '../plugin.ts';

/** The options of every rig, whatever it watches and does. */
export const rigOptions = {
  name: { kind: 'text', hint: 'NAME', summary: 'Call the rig so (default: five random letters)' },
  foreground: { kind: 'flag', summary: 'Stay attached and print the log; Ctrl-C ends the rig' },
  'no-archive': { kind: 'flag', summary: 'Keep a folder instead of an archive' },
  'action-timeout': {
    kind: 'duration',
    hint: 'TIME',
    summary: 'Limit for each action (default: 10m gcore, 1h sosreport)',
  },
  debug: { kind: 'flag', summary: 'Write more detail to the log' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;
