import type { OptionTable } from '../options/table.ts';
import { commandMs, defineCommand } from './command.ts';
import { endRigs, whichOptions } from './end-rigs.ts';
import { idNote, idOption } from './select.ts';

const options = {
  ...whichOptions,
  discard: { kind: 'flag', summary: 'Also rigs that are collecting; what they collect is thrown away' },
  force: { kind: 'flag', summary: 'Kill a rig that does not answer, and discard what it leaves' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const destroy = defineCommand({
  name: 'destroy',
  usage: 'ID... | --all',
  summary: 'End rigs; one that is collecting wants --discard',
  // Killing one that does not answer takes its time.
  limitMs: () => 3 * commandMs,
  options,
  notes: `${idNote} 'web-*' means every rig that fits. Prints what was destroyed. Archives that are ready stay; rig stop also keeps what is being collected.\nExit codes: 0 done, 1 one of them could not be ended, 2 the command line is wrong.`,
  examples: ['rig destroy abcde', "rig destroy 'web-*'", 'rig destroy --all'],
  run: async ({ id, all, 'all-users': allUsers, force, discard }, words) => {
    await endRigs({ words, id, all, allUsers }, { command: 'destroy', force, discard }, () => 'destroyed');
    return 0;
  },
});
