/**
 * The rigs of this host: `/run/rig/<id>/`, one folder each.
 *
 * After a killed rig its guardian cleans up; if that was killed too, `rig destroy` or a new rig of the name does. Only what is
 * proved dead is touched. Only one cleaner succeeds in renaming its `rig.json`; it does so through a descriptor of the folder, not
 * by path. rmdir(2) removes only an empty folder, so it cannot hit a new rig of the name.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { errnoOf, RigError } from '../../errors.ts';
import { checkOwnFolder } from '../../host/folders.ts';
import type { NotedProgram } from '../../host/programs/own-programs.ts';
import { stateFolder, stateRoot } from '../records/paths.ts';
import { type Owner, ownerMarker, type Progress, parseMarker, type RigState } from '../records/rows.ts';
import { programsFile, programsOf } from './programs-file.ts';
import { isOwner, isProgress, isState, lifeOfOwner, ownIdentity } from './state-file.ts';
import { StateFolder } from './state-folder.ts';

/**
 * What was met at a name: a rig that runs, or of which nobody can say that it does not; one of another version; a dead one; one
 * that somebody is cleaning up after; or nothing to touch: a folder that its rig is removing, or that somebody else has made.
 */
type Found =
  | { kind: 'live'; state: RigState }
  | { kind: 'foreign'; owner: Owner; said: object }
  | { kind: 'dead'; file: string }
  | { kind: 'cleaning' }
  | { kind: 'none' };

const cleanerFile = /^cleaner\.(\d+\.\d+\.\d*)\.json$/;

async function examine(folder: StateFolder): Promise<Found> {
  const names = await folder.names();
  const value = names.includes('rig.json') ? await folder.read('rig.json') : undefined;
  if (value !== undefined) {
    if (!isOwner(value))
      throw new RigError(`${folder.path}/rig.json: names no process; look at it, then remove the folder`);
    if (lifeOfOwner(value) === 'dead') return { kind: 'dead', file: 'rig.json' };
    return isState(value) ? { kind: 'live', state: value } : { kind: 'foreign', owner: value, said: value };
  }
  const file = names.find((name) => cleanerFile.test(name));
  const cleaner = parseMarker(cleanerFile.exec(file ?? '')?.[1] ?? '');
  if (file === undefined || cleaner === undefined) return { kind: 'none' };
  return lifeOfOwner(cleaner) === 'dead' ? { kind: 'dead', file } : { kind: 'cleaning' };
}

/** What could be read about a rig whose daemon was killed. A rig that was never armed has no progress. */
export interface Left {
  state: RigState | undefined;
  /** It is known even for a rig of another version. */
  owner: Owner | undefined;
  progress: Progress | undefined;
  /** The programs that ran when it was killed, as far as they are known. */
  programs: NotedProgram[];
}

/** Cleans up what a dead rig left outside its state folder. */
export type TakeDown = (id: string, left: Left) => Promise<void>;

/** A rig that runs, as far as is known. If it is of another version, only its process is certain; `said` is its `rig.json`. */
export type RunningRig = Extract<Found, { kind: 'live' | 'foreign' }>;

/** What is at a name, without changing anything. */
export type Seen = RunningRig | ({ kind: 'dead' } & Left) | { kind: 'cleaning' } | { kind: 'none' };

/** Looks at one name, and changes nothing. Throws a RigError if it cannot be looked at. */
export async function look(id: string): Promise<Seen> {
  return await withFolder(id, { kind: 'none' }, async (folder) => {
    const found = await examine(folder);
    return found.kind === 'dead' ? { kind: 'dead', ...(await readLeft(folder, found.file)) } : found;
  });
}

/**
 * Looks at one name, and cleans up what a killed rig left there. Resolves to the rig that runs; undefined if there is none (any
 * more), or if another process is cleaning up. Throws a RigError if it cannot be looked at.
 */
export async function meet(id: string, takeDown: TakeDown): Promise<RunningRig | undefined> {
  return await withFolder(id, undefined, async (folder) => {
    const found = await examine(folder);
    if (found.kind === 'live' || found.kind === 'foreign') return found;
    if (found.kind === 'dead') await clean(id, folder, found.file, takeDown);
    return undefined;
  });
}

/** As {@link meet}, but throws a RigError if a rig of another version has the name. */
export async function findLive(id: string, takeDown: TakeDown): Promise<RigState | undefined> {
  const found = await meet(id, takeDown);
  if (found?.kind === 'foreign') throw new RigError(`${id}: a rig of another version; use the rig that made it`);
  return found?.state;
}

async function withFolder<T>(id: string, none: T, act: (folder: StateFolder) => Promise<T>): Promise<T> {
  const folder = await StateFolder.open(id);
  if (!folder) return none;
  try {
    return await act(folder);
  } finally {
    await folder.close();
  }
}

/** What a dead rig has left; `file` says whose it was. */
async function readLeft(folder: StateFolder, file: string): Promise<Left> {
  const state = await folder.read(file);
  const [progress, programs] = await Promise.all(
    ['progress.json', programsFile].map((name) => folder.read(name).catch(() => undefined)),
  );
  return {
    state: isState(state) ? state : undefined,
    owner: isOwner(state) ? state : undefined,
    progress: isProgress(progress) ? progress : undefined,
    programs: isOwner(state) ? programsOf(state, programs) : [],
  };
}

async function clean(id: string, folder: StateFolder, file: string, takeDown: TakeDown): Promise<void> {
  const mine = `cleaner.${ownerMarker(ownIdentity())}.json`;
  try {
    // Otherwise its rig has just renamed it, and will remove it.
    if (!(await folder.isInPlace())) return;
    await rename(folder.inside(file), folder.inside(mine));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  await takeDown(id, await readLeft(folder, mine));
  for (const name of await folder.names()) await unlink(folder.inside(name));
  await rmdir(stateFolder(id)).catch((error) => {
    // A new rig has the name already, or another cleaner was quicker.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  });
}

/** The programs that a rig runs, as far as they are known. */
export const readPrograms = (id: string, owner: Owner): Promise<NotedProgram[]> =>
  withFolder(id, [], async (folder) => programsOf(owner, await folder.read(programsFile)));

/** Removes temporary folders of processes that were killed while they took a name or gave it back. */
export async function removeDeadClaims(): Promise<void> {
  for (const name of await readdir(stateRoot)) {
    const claimer = name.startsWith('.claim.') ? parseMarker(name.slice('.claim.'.length)) : undefined;
    if (claimer && lifeOfOwner(claimer) === 'dead') await rm(`${stateRoot}/${name}`, { recursive: true, force: true });
  }
}

/** The names at which there may be a rig, in order. Throws a RigError if /run/rig is not ours. */
export async function listNames(): Promise<string[]> {
  if (!existsSync(stateRoot)) return [];
  await checkOwnFolder(stateRoot);
  const names = await readdir(stateRoot);
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** The ids of this host, also of dead rigs. Throws a RigError if /run/rig is not ours. */
export async function listIds(): Promise<string[]> {
  const ids = await listNames();
  const seen = await Promise.all(ids.map(look));
  return ids.filter((_, index) => !['none', 'cleaning'].includes(seen[index]?.kind ?? ''));
}
