import type { OptionTable } from '../options/table.ts';
import { defineCommand } from './command.ts';
import { endRigs, whichOptions } from './end-rigs.ts';
import { idNote } from './select.ts';

const options = {
  ...whichOptions,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const stop = defineCommand({
  name: 'stop',
  usage: 'ID... | --all',
  summary: 'End rigs and keep what they have collected',
  limitMs: () => undefined,
  options,
  notes: `${idNote} 'web-*' means every rig that fits. A rig that is collecting ends its actions and makes the archive of what there is, which may take a while. Ctrl-C ends only the waiting. Prints how each ended, and its last archive.\nExit codes: 0 done, 1 one of them could not be ended, 2 the command line is wrong.`,
  examples: ['rig stop abcde', "rig stop 'web-*'", 'rig stop --all'],
  run: async ({ all, 'all-users': allUsers }, words) => {
    await endRigs({ words, all, allUsers }, { command: 'stop', force: false, discard: false }, (record) => {
      if (record === 'ended') return record;
      return record.archive === null ? record.status : `${record.status}, ${record.archive}`;
    });
    return 0;
  },
});
