import type { OptionTable } from '../plugin.ts';

/** The options of every rig, whatever it watches and does. */
export const rigOptions = {
  name: { kind: 'text', hint: 'NAME', summary: 'call the rig so (default: five random letters)' },
  foreground: { kind: 'flag', summary: 'stay attached and print the log; Ctrl-C ends the rig' },
  'no-archive': { kind: 'flag', summary: 'keep a folder instead of an archive' },
  'action-timeout': { kind: 'duration', hint: 'TIME', summary: 'limit for each action (250ms 10s 5m 2h 1d)' },
  debug: { kind: 'flag', summary: 'write more detail to the log' },
  help: { kind: 'flag', short: 'h', summary: 'show this' },
} as const satisfies OptionTable;
