/** What `rig stop` and `rig destroy` have in common. */
import { RigError } from '../errors.ts';
import { readCaller } from '../host/caller.ts';
import type { OptionTable } from '../options/table.ts';
import type { FinishedRecord } from '../rig/records/rows.ts';
import { endForeign, killRig } from '../rig/recovery/force.ts';
import { takeDownDiscarding, takeDownWith } from '../rig/recovery/leftover.ts';
import { meet, type RunningRig } from '../rig/registry/meet.ts';
import { askRig, NoAnswer } from '../rig/wire/control.ts';
import { tell, throwFailures } from './command.ts';
import { foreignRow } from './rows.ts';
import { matchLiveIds, selectIds, typedIds } from './select.ts';

/** A rig that does not answer within this time hangs or is stopped. */
const answerMs = 5000;
/** How long a rig may take to end its children and itself; with `stop` it may have gigabytes to pack first. */
const endMs = { destroy: 30_000, stop: undefined };

/** The options that say which rigs. */
export const whichOptions = {
  all: { kind: 'flag', summary: 'All rigs that you have armed; all there are, if you logged in as root' },
  'all-users': { kind: 'flag', summary: 'All rigs of this host, whoever has armed them' },
} as const satisfies OptionTable;

/** Which rigs are meant. */
export interface Which {
  words: string[];
  id?: string[] | undefined;
  all: boolean;
  allUsers: boolean;
}

/** How to end them. */
export interface How {
  command: 'stop' | 'destroy';
  /** Kill one that does not answer. */
  force: boolean;
  /** Throw away what one is collecting. */
  discard: boolean;
}

const ownerOf = (id: string, found: RunningRig): string | null =>
  found.kind === 'live' ? found.state.spec.owner : foreignRow(id, found).owner;

/** Ends one rig, unless `isMeant` says no to its owner: undefined. Resolves to its record; `ended` if it gave none. */
async function endOne(
  id: string,
  { command, force, discard }: How,
  isMeant: (id: string, owner: string | null) => boolean,
): Promise<FinishedRecord | 'ended' | undefined> {
  let wasCleanedUp = false;
  const say = (text: string): void => {
    wasCleanedUp = true;
    tell(text);
  };
  const takeDown = force ? takeDownDiscarding(say) : takeDownWith(say);
  const found = await meet(id, takeDown);
  if (!found) {
    if (wasCleanedUp) return 'ended';
    throw new RigError(`${id}: it has just ended`);
  }
  if (!isMeant(id, ownerOf(id, found))) return undefined;
  if (found.kind === 'foreign') {
    await endForeign(id, found.owner, force, takeDown);
    return 'ended';
  }
  try {
    // A rig that hangs does not answer even this, and is not waited for any longer.
    await askRig(id, 'status', answerMs);
    return (await askRig(id, { command, discard, caller: readCaller() }, endMs[command])) as FinishedRecord;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    // It may have ended while it was asked.
    if (!(await meet(id, takeDown))) return 'ended';
    if (!force) throw new RigError(`${error.message}; rig destroy --force ${id} kills it`, { cause: error });
    await killRig(id, found.state, takeDown);
    return 'ended';
  }
}

/**
 * Ends the rigs that are meant, and prints of each what `say` makes of its record. --all leaves those of other users alone, and
 * says so.
 */
export async function endRigs(
  { words, id, all, allUsers }: Which,
  how: How,
  say: (record: FinishedRecord | 'ended') => string,
): Promise<void> {
  const { command } = how;
  const typed = typedIds(command, words, id, all || allUsers);
  const { user } = readCaller();
  const takesAny = typed !== 'all' || allUsers || user === 'root';
  const isMeant = (one: string, owner: string | null): boolean => {
    if (takesAny || owner === user) return true;
    const whose = owner === null ? 'another version made it' : `${owner} has armed it`;
    tell(`${one}: left alone, ${whose}; rig ${command} ${one} ends it, --all-users those of all users`);
    return false;
  };
  const { ids, failures } = await selectIds(typed, matchLiveIds);
  const results = await Promise.allSettled(
    ids.map(async (one) => {
      const record = await endOne(one, how, isMeant);
      if (record) process.stdout.write(`${one}: ${say(record)}\n`);
    }),
  );
  throwFailures([...failures, ...results]);
}
