/**
 * Takes a name and gives it back. A folder is filled under a temporary name and renamed into place: rename(2) replaces only an
 * empty folder. So only one of two rigs gets a name, and a folder in place always says whose it is.
 */
import { readFileSync } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, RigError, UsageError } from '../../errors.ts';
import { ensureOwnFolder, writeNewFile } from '../../host/folders.ts';
import { stateFolder, stateRoot } from '../records/paths.ts';
import { ownerMarker, type RigState } from '../records/rows.ts';
import { ensureRecordFolders } from './finished.ts';
import { findLive, type TakeDown } from './meet.ts';
import { isOwner } from './state-file.ts';

/** How long to wait for a folder that is in the way. */
const patienceMs = 10_000;

/**
 * Takes the name for this process. Throws a UsageError if a live rig has it. `fill` puts the control socket into the folder
 * before others can see it.
 */
export async function claim(
  state: RigState,
  takeDown: TakeDown,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const { id } = state.spec;
  await ensureOwnFolder(stateRoot);
  await ensureRecordFolders();
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
      // A folder may be about to go; anything else is not rig's.
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

/** For a failed rename: false if the name is taken; throws any other error. */
function isTaken(error: unknown): false {
  if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
  throw error;
}

/** Whether the state folder of the name is still this rig's. Throws if it cannot be read. */
function ownsFolder(state: RigState): boolean {
  try {
    const said: unknown = JSON.parse(readFileSync(`${stateFolder(state.spec.id)}/rig.json`, 'utf8'));
    return isOwner(said) && ownerMarker(said) === ownerMarker(state);
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Gives the name back. The folder is renamed first, so that nobody meets it half removed. It is left alone if another rig has
 * it, after somebody emptied /run/rig.
 */
export async function release(state: RigState): Promise<void> {
  const { id } = state.spec;
  if (!ownsFolder(state)) return;
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await rename(stateFolder(id), temporary);
  await rm(temporary, { recursive: true, force: true });
}
