/** `/var/tmp/rig.<id>/`: what the actions write while the rig lives. It has the layout of the archive. */
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { errnoOf, RigError } from '../errors.ts';
import { makeNewFolder } from '../host/folders.ts';
import { fileStamp, outputRoot, workFolder } from './paths.ts';

/** The first of `PATHsuffix`, `PATH-2suffix`, ... that nothing has. */
export async function freeName(path: string, suffix: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = `${path}${number === 1 ? '' : `-${number}`}${suffix}`;
    const taken = await lstat(candidate).then(
      () => true,
      () => false,
    );
    if (!taken) return candidate;
  }
}

/** The name of a result, without an ending: `rig-<id>-<YYYY-MM-DD-HHMMSS>`. */
export const resultName = (id: string, at: Date): string => `rig-${id}-${fileStamp(at)}`;

/** Renames the work folder to a name of its own, so that it stays; resolves to its path. */
export async function keepWorkFolder(id: string, at: Date): Promise<string> {
  const kept = await freeName(`${outputRoot}/${resultName(id, at)}`, '');
  await rename(workFolder(id), kept);
  return kept;
}

export async function removeWorkFolder(id: string): Promise<void> {
  await rm(workFolder(id), { recursive: true, force: true });
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stat = await lstat(path);
  return stat.isDirectory() && stat.uid === process.geteuid?.();
}

const inTheWay = (path: string): RigError =>
  new RigError(`${path} is in the way and does not belong to rig; look at it, then remove it`);

/**
 * Puts what an earlier rig of this id left in order: a folder with something in it is kept under a name of its own, which is
 * returned; an empty one is removed. Anything that is not our own folder is not touched: a RigError.
 */
export async function clearLeftover(id: string): Promise<string | undefined> {
  const path = workFolder(id);
  try {
    if (!(await isOwnFolder(path))) throw inTheWay(path);
    const holds = await readdir(path, { recursive: true, withFileTypes: true });
    if (holds.some((entry) => !entry.isDirectory())) return await keepWorkFolder(id, new Date());
    await removeWorkFolder(id);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return undefined;
}

/** Removes what a killed rig of this id left. Anything that is not our own folder is not touched: a RigError. */
export async function discardLeftover(id: string): Promise<void> {
  try {
    if (!(await isOwnFolder(workFolder(id)))) throw inTheWay(workFolder(id));
    await removeWorkFolder(id);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Makes the work folder for a rig that has just taken the id; returns the folder in which leftovers were kept, if any. */
export async function makeWorkFolder(id: string): Promise<string | undefined> {
  const kept = await clearLeftover(id);
  try {
    await makeNewFolder(workFolder(id));
  } catch (error) {
    throw new RigError(`${workFolder(id)}: cannot be made: ${errnoOf(error)}`, { cause: error });
  }
  return kept;
}
