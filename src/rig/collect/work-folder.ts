/**
 * `<output>/rig.<id>/`: what a rig writes while it lives. For each trigger there is a folder in it, named by its number, with
 * the layout of the archive; beside it stands the archive while it is being written, `<number>.part`.
 */
import { lstat, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, RigError } from '../../errors.ts';
import { freeName, makeNewFolder } from '../../host/folders.ts';
import { listFiles, removeTree } from '../../host/trees.ts';
import { fileStamp, workFolder } from '../records/paths.ts';

/** Which rig's, and below which folder: the part of a spec that is needed here. */
export interface WorkPlace {
  id: string;
  output: { folder: string };
}

/** The name of a result, without an ending: `rig-<id>-<YYYY-MM-DD-HHMMSS>`. */
export const resultName = (id: string, at: Date): string => `rig-${id}-${fileStamp(at)}`;

const pathOf = ({ id, output }: WorkPlace): string => workFolder(output.folder, id);

/** Where what is collected for a trigger goes. */
export const collectionFolder = (place: WorkPlace, number: number): string => join(pathOf(place), String(number));

/** The half-written archive of a trigger: nobody else can reach it, and a rename moves it out. */
export const partialArchive = (place: WorkPlace, number: number): string => join(pathOf(place), `${number}.part`);

const warmUpFolder = (place: WorkPlace): string => join(pathOf(place), 'warm-up');

/** Renames a folder with something collected to a name of its own beside the work folder, so that it stays; resolves to its path. */
export async function keepFolder(place: WorkPlace, folder: string, at: Date): Promise<string> {
  const kept = await freeName(`${place.output.folder}/${resultName(place.id, at)}`, '');
  await rename(folder, kept);
  return kept;
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stat = await lstat(path);
  return stat.isDirectory() && stat.uid === process.geteuid?.();
}

/** Removes the work folder; what somebody else has put in its place is left alone. */
export async function removeWorkFolder(place: WorkPlace): Promise<void> {
  if (await isOwnFolder(pathOf(place)).catch(() => false)) await removeTree(pathOf(place));
}

const inTheWay = (path: string): RigError =>
  new RigError(`${path} is in the way and does not belong to rig; look at it, then remove it`);

const holdsFiles = async (folder: string): Promise<boolean> => (await listFiles(folder)).length > 0;

/**
 * Puts what an earlier rig of this id left in order: a trigger's folder with something in it is kept under a name of its own;
 * the rest is removed, half-written archives among it. Returns the paths of what was kept. Anything that is not our own folder
 * is not touched: a RigError.
 */
export async function clearLeftover(place: WorkPlace): Promise<string[]> {
  const path = pathOf(place);
  const kept: string[] = [];
  try {
    if (!(await isOwnFolder(path))) throw inTheWay(path);
    for (const name of await readdir(path)) {
      const folder = join(path, name);
      if (/^\d+$/.test(name) && (await isOwnFolder(folder)) && (await holdsFiles(folder)))
        kept.push(await keepFolder(place, folder, new Date()));
    }
    await removeWorkFolder(place);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return kept;
}

/**
 * Removes what a killed rig of this id left; where something is mounted in it, it is kept as {@link clearLeftover} does. Anything
 * that is not our own folder is not touched: a RigError.
 */
export async function discardLeftover(place: WorkPlace): Promise<void> {
  try {
    if (!(await isOwnFolder(pathOf(place)))) throw inTheWay(pathOf(place));
    await removeWorkFolder(place).catch(() => clearLeftover(place));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Makes the work folder for a rig that has just taken the id; returns the folders in which leftovers were kept. */
export async function makeWorkFolder(place: WorkPlace): Promise<string[]> {
  const kept = await clearLeftover(place);
  try {
    await makeNewFolder(pathOf(place));
  } catch (error) {
    throw new RigError(`${pathOf(place)}: cannot be made: ${errnoOf(error)}`, { cause: error });
  }
  return kept;
}

/**
 * Makes the folder in which the way to an action is gone before it matters; nothing in it is worth keeping. Throws where it cannot
 * be made, or somebody else has put something in the place of the work folder.
 */
export async function makeWarmUpFolder(place: WorkPlace): Promise<string> {
  if (!(await isOwnFolder(pathOf(place)))) throw inTheWay(pathOf(place));
  await makeNewFolder(warmUpFolder(place));
  return warmUpFolder(place);
}

/** Removes the folder of {@link makeWarmUpFolder}; through what somebody else has put in the place of the work folder, nothing. */
export async function removeWarmUpFolder(place: WorkPlace): Promise<void> {
  if (await isOwnFolder(pathOf(place))) await removeTree(warmUpFolder(place));
}

/**
 * Makes the folder for what is collected for a trigger. Where the work folder itself is gone (what cleans up old files in
 * /var/tmp may take the empty folder of a rig that has waited for weeks) it is made again, and so is the folder that it was in;
 * `tell` hears of it. Throws a RigError where another user's folder has the name.
 */
export async function makeCollectionFolder(
  place: WorkPlace,
  number: number,
  tell: (text: string) => void,
): Promise<string> {
  const folder = collectionFolder(place, number);
  try {
    // Whoever may write to /var/tmp may have made it since, and could put links in the place of what is made in it.
    if (!(await isOwnFolder(pathOf(place)))) throw inTheWay(pathOf(place));
    await makeNewFolder(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    tell(`${pathOf(place)} was removed; it is made again`);
    await makeNewFolder(pathOf(place)).catch(async (missing) => {
      if (errnoOf(missing) !== 'ENOENT') throw missing;
      await makeNewFolder(place.output.folder);
      await makeNewFolder(pathOf(place));
    });
    await makeNewFolder(folder);
  }
  return folder;
}

/** Makes the folder in which background actions record, one folder for each; returns its path. */
export async function recordingFolder(place: WorkPlace): Promise<string> {
  const folder = join(pathOf(place), 'recording');
  await makeNewFolder(folder).catch((error) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  return folder;
}
