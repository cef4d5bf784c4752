/**
 * `<output>/rig.<id>/`: what a rig writes while it lives. It has a folder for each trigger, named by its number, with the layout
 * of the archive, and `<number>.part`, the archive while it is being written.
 */
import { lstat, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, RigError } from '../../errors.ts';
import { freeName, makeNewFolder } from '../../host/folders.ts';
import { listFiles, removeTree } from '../../host/trees.ts';
import { fileStamp, workFolder } from '../records/paths.ts';

/** The part of a spec that says where a work folder is. */
export interface WorkPlace {
  id: string;
  output: { folder: string };
}

/** The name of a result, without an ending: `rig-<id>-<YYYY-MM-DD-HHMMSS>`. */
export const resultName = (id: string, at: Date): string => `rig-${id}-${fileStamp(at)}`;

const pathOf = ({ id, output }: WorkPlace): string => workFolder(output.folder, id);

/** The folder of a trigger. */
export const collectionFolder = (place: WorkPlace, number: number): string => join(pathOf(place), String(number));

/** The half-written archive of a trigger. Nobody else can reach it; a rename moves it out. */
export const partialArchive = (place: WorkPlace, number: number): string => join(pathOf(place), `${number}.part`);

const warmUpFolder = (place: WorkPlace): string => join(pathOf(place), 'warm-up');

/** Keeps the folder of a trigger: renames it to a name beside the work folder. Resolves to that path. */
export async function keepFolder(place: WorkPlace, folder: string, at: Date): Promise<string> {
  const kept = await freeName(`${place.output.folder}/${resultName(place.id, at)}`, '');
  await rename(folder, kept);
  return kept;
}

async function isOwnFolder(path: string): Promise<boolean> {
  const stat = await lstat(path);
  return stat.isDirectory() && stat.uid === process.geteuid?.();
}

/** Removes the work folder, but nothing that somebody else has put in its place. */
export async function removeWorkFolder(place: WorkPlace): Promise<void> {
  if (await isOwnFolder(pathOf(place)).catch(() => false)) await removeTree(pathOf(place));
}

/** Removes the work folder if nothing is in it. */
export async function removeEmptyWorkFolder(place: WorkPlace): Promise<void> {
  await rmdir(pathOf(place)).catch(() => 'something is in it');
}

const inTheWay = (path: string): RigError =>
  new RigError(`${path} is in the way and does not belong to rig; look at it, then remove it`);

const holdsFiles = async (folder: string): Promise<boolean> => (await listFiles(folder)).length > 0;

/**
 * Clears what an earlier rig of this id left: keeps the folders of triggers that hold files, and removes the rest. Resolves to
 * the paths of what it kept. Throws a RigError if it is not a folder of ours.
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
 * Removes what a killed rig of this id left. If that fails, as with a mount in it, does as {@link clearLeftover}. Throws a
 * RigError if it is not a folder of ours.
 */
export async function discardLeftover(place: WorkPlace): Promise<void> {
  try {
    if (!(await isOwnFolder(pathOf(place)))) throw inTheWay(pathOf(place));
    await removeWorkFolder(place).catch(() => clearLeftover(place));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Makes the work folder of a rig that has just taken the id. Resolves to the paths of leftovers that it kept. */
export async function makeWorkFolder(place: WorkPlace): Promise<string[]> {
  const kept = await clearLeftover(place);
  try {
    await makeNewFolder(pathOf(place));
  } catch (error) {
    throw new RigError(`${pathOf(place)}: cannot be made: ${errnoOf(error)}`, { cause: error });
  }
  return kept;
}

/** Makes the folder of the warm-up. Throws if that fails, or if somebody has replaced the work folder. */
export async function makeWarmUpFolder(place: WorkPlace): Promise<string> {
  if (!(await isOwnFolder(pathOf(place)))) throw inTheWay(pathOf(place));
  await makeNewFolder(warmUpFolder(place));
  return warmUpFolder(place);
}

/** Removes the folder of the warm-up, unless somebody has replaced the work folder. */
export async function removeWarmUpFolder(place: WorkPlace): Promise<void> {
  if (await isOwnFolder(pathOf(place))) await removeTree(warmUpFolder(place));
}

/**
 * Makes the folder of a trigger. If the work folder is gone, makes that again, with the folder that it was in, and tells so: a
 * cleaner of /var/tmp may have removed the empty folder of a rig that waits for weeks. Throws a RigError if the work folder is
 * not ours.
 */
export async function makeCollectionFolder(
  place: WorkPlace,
  number: number,
  tell: (text: string) => void,
): Promise<string> {
  const folder = collectionFolder(place, number);
  try {
    // Another user may have made it since, and could put links into it.
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

/** Makes the folder in which background actions record, unless it exists. Resolves to its path. */
export async function recordingFolder(place: WorkPlace): Promise<string> {
  const folder = join(pathOf(place), 'recording');
  await makeNewFolder(folder).catch((error) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
  return folder;
}
