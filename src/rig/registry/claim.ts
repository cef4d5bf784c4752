/**
 * Taking a name and giving it back. A folder is filled under a temporary name and renamed into place: rename(2) replaces an
 * empty folder at most. So of two rigs of one name only one gets it, and a folder in place always says whose it is.
 */
import { readFileSync } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, RigError, UsageError } from '../../errors.ts';
import { ensureOwnFolder, writeNewFile } from '../../host/folders.ts';
import { finishedRoot, stateFolder, stateRoot } from '../records/paths.ts';
import { ownerMarker, type RigState } from '../records/rows.ts';
import { findLive, type TakeDown } from './meet.ts';
import { isOwner } from './state-file.ts';

/** How long a folder that is in the way may take to go. */
const patienceMs = 10_000;

/** Makes rig's own folders under /run; throws a RigError when they are not ours. */
export async function ensureStateRoot(): Promise<void> {
  await ensureOwnFolder(stateRoot);
  await ensureOwnFolder(finishedRoot);
}

/**
 * Takes the name for this process, or throws a UsageError when a live rig has it. `fill` puts the control socket into the
 * folder before anybody can see it.
 */
export async function claim(
  state: RigState,
  takeDown: TakeDown,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const { id } = state.spec;
  await ensureStateRoot();
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await mkdir(temporary, { mode: 0o700 });
  try {
    await writeNewFile(`${temporary}/rig.json`, JSON.stringify(state));
    await fill(temporary);
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      if (await rename(temporary, stateFolder(id)).then(() => true, isTaken)) return;
      const owner = await findLive(id, takeDown);
      if (owner)
        throw new UsageError(`--name: there is a rig "${id}" already (pid ${owner.pid}); rig destroy ${id} ends it`);
      // A folder may be one that is just being removed; anything else is not rig's.
      const isFolder = await lstat(stateFolder(id)).then(
        (found) => found.isDirectory(),
        () => true,
      );
      if (!isFolder || performance.now() > giveUpAt)
        throw new UsageError(`--name: ${stateFolder(id)} is in the way; look at it, then remove it`);
      await delay(20);
    }
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const why = errnoOf(error);
    throw why === undefined ? error : new RigError(`${stateRoot}: cannot be written to: ${why}`, { cause: error });
  }
}

/** For a failed rename: false when the name is taken, which is an answer; anything else is thrown. */
function isTaken(error: unknown): false {
  if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
  throw error;
}

/** Whether the state folder of that name says that it is this rig's. It may be gone, or another rig's by now. */
export function ownsFolder(state: RigState): boolean {
  try {
    const said: unknown = JSON.parse(readFileSync(`${stateFolder(state.spec.id)}/rig.json`, 'utf8'));
    return isOwner(said) && ownerMarker(said) === ownerMarker(state);
  } catch {
    return false;
  }
}

/**
 * Gives the name back. The folder is renamed away first, so that nobody meets it half removed; it is left alone when it is
 * not this rig's any more (somebody emptied /run/rig, and another rig took the name).
 */
export async function release(state: RigState): Promise<void> {
  const { id } = state.spec;
  if (!ownsFolder(state)) return;
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await rename(stateFolder(id), temporary);
  await rm(temporary, { recursive: true, force: true });
}
