import { RigError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { takeDownWith } from '../rig/recovery/leftover.ts';
import { listFinished } from '../rig/registry/finished.ts';
import { findLive, listIds } from '../rig/registry/meet.ts';
import { askRig } from '../rig/wire/control.ts';
import { defineCommand, tell, throwFailures } from './command.ts';
import { idNote, idOption, matchLiveIds, selectIds, typedIds } from './select.ts';

/** A rig that does not say so within this time has not triggered. */
const answerMs = 5000;

async function triggerOne(id: string): Promise<void> {
  if (!(await findLive(id, takeDownWith(tell)))) throw new RigError(`${id}: it has just ended`);
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
  notes: `${idNote} The manifest says that it was you.\nExit codes: 0 done, 1 one of them could not trigger, 2 the command line is wrong.`,
  examples: ['rig trigger abcde', 'rig trigger web && rig wait web'],
  run: async ({ id }, words) => {
    const typed = typedIds('trigger', words, id);
    const [live, ended] = [await listIds(), await listFinished()];
    const { ids, failures } =
      typed === 'all' ? { ids: live, failures: [] } : selectIds(typed, (word) => matchLiveIds(word, live, ended));
    throwFailures([...failures, ...(await Promise.allSettled(ids.map(triggerOne)))]);
    return 0;
  },
});
