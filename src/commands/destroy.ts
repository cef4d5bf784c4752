import { RigError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { endForeign, killRig } from '../rig/recovery/force.ts';
import { takeDownDiscarding, takeDownWith } from '../rig/recovery/leftover.ts';
import { meet } from '../rig/registry/meet.ts';
import { askRig, NoAnswer } from '../rig/wire/control.ts';
import { defineCommand, tell, throwFailures } from './command.ts';
import { idNote, idOption, matchLiveIds, selectIds, typedIds } from './select.ts';

/** A rig that does not answer within this time hangs or is stopped. */
const answerMs = 5000;
/** How long a rig may take to end its children and itself. */
const endMs = 30_000;

async function destroyOne(id: string, force: boolean): Promise<void> {
  let wasCleanedUp = false;
  const say = (text: string): void => {
    wasCleanedUp = true;
    tell(text);
  };
  const takeDown = force ? takeDownDiscarding(say) : takeDownWith(say);
  const found = await meet(id, takeDown);
  if (found?.kind === 'foreign') return await endForeign(id, found.owner, force, takeDown);
  if (!found) {
    if (wasCleanedUp) return;
    throw new RigError(`${id}: it has just ended`);
  }
  try {
    // A rig that hangs does not answer even this, and is not waited for any longer.
    await askRig(id, 'status', answerMs);
    await askRig(id, 'destroy', endMs);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    // It may have ended while it was asked.
    if (!(await meet(id, takeDown))) return;
    if (!force) throw new RigError(`${error.message}; rig destroy --force ${id} kills it`, { cause: error });
    await killRig(id, found.state, takeDown);
  }
}

const options = {
  all: { kind: 'flag', summary: 'End every rig' },
  force: { kind: 'flag', summary: 'Kill a rig that does not answer, and discard what it leaves' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const destroy = defineCommand({
  name: 'destroy',
  usage: 'ID... | --all',
  summary: 'End rigs; what they had collected so far is discarded',
  options,
  notes: `${idNote} 'web-*' means every rig that fits. Prints what was destroyed.\nExit codes: 0 done, 1 one of them could not be ended, 2 the command line is wrong.`,
  examples: ['rig destroy abcde', "rig destroy 'web-*'", 'rig destroy --all'],
  run: async ({ id, all, force }, words) => {
    const { ids, failures } = await selectIds(typedIds('destroy', words, id, all), matchLiveIds);
    const results = await Promise.allSettled(
      ids.map(async (one) => {
        await destroyOne(one, force);
        process.stdout.write(`${one}: destroyed\n`);
      }),
    );
    throwFailures([...failures, ...results]);
    return 0;
  },
});
