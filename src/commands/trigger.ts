import { RigError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { look } from '../rig/registry/meet.ts';
import { askRig } from '../rig/wire/control.ts';
import { defineCommand, throwFailures } from './command.ts';
import { deadWords } from './rows.ts';
import { idNote, idOption, matchLiveIds, selectIds, typedIds } from './select.ts';

/** How long a rig may take to answer. */
const answerMs = 5000;

async function triggerOne(id: string): Promise<void> {
  const { kind } = await look(id);
  if (kind === 'foreign') throw new RigError(`${id}: a rig of another version; use the rig that made it`);
  if (kind !== 'live') throw new RigError(kind === 'dead' ? deadWords(id) : `${id}: it has just ended`);
  await askRig(id, 'trigger', answerMs);
}

const options = {
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const trigger = defineCommand({
  name: 'trigger',
  usage: 'ID...',
  summary: 'Make rigs trigger now, as if their condition had been met',
  options,
  notes: `${idNote} The manifest says that a user asked for it.\nExit codes: 0 done, 1 one of them could not trigger, 2 the command line is wrong.`,
  examples: ['rig trigger abcde', 'rig trigger web && rig wait web'],
  run: async ({ id }, words) => {
    const { ids, failures } = await selectIds(typedIds('trigger', words, id), matchLiveIds);
    throwFailures([...failures, ...(await Promise.allSettled(ids.map(triggerOne)))]);
    return 0;
  },
});
