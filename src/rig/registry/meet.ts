/**
 * The rigs of this host: `/run/rig/<id>/`, one folder each.
 *
 * Whoever meets a killed rig first cleans up after it. Only one cleaner succeeds in renaming its `rig.json`; it does so through
 * a descriptor of the folder, not by path. rmdir(2) removes only an empty folder, so it cannot hit a new rig of the name.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, RigError } from '../../errors.ts';
import { checkOwnFolder } from '../../host/folders.ts';
import { isAlive } from '../../host/processes/stat.ts';
import { stateFolder, stateRoot } from '../records/paths.ts';
import { type Owner, ownerMarker, type Progress, parseMarker, type RigState } from '../records/rows.ts';
import { isOwner, isProgress, isState, ownIdentity } from './state-file.ts';
import { StateFolder } from './state-folder.ts';

/** How long to wait for a cleaner. */
const cleaningMs = 10_000;

/**
 * What was met at a name: a live rig, one of another version, a dead one, with the file that says whose it was; or nothing to
 * touch: a folder that its rig or a cleaner is removing, or that somebody else has made.
 */
type Found =
  | { kind: 'live'; state: RigState }
  | { kind: 'foreign'; owner: Owner; said: object }
  | { kind: 'dead'; owner: string }
  | { kind: 'none' };

const cleanerFile = /^cleaner\.(\d+\.\d+)\.json$/;

async function examine(folder: StateFolder): Promise<Found> {
  const names: string[] = await readdir(folder.inside()).catch(() => []);
  if (names.includes('rig.json')) {
    const value = await folder.read('rig.json');
    if (!isOwner(value) || !isAlive(value)) return { kind: 'dead', owner: 'rig.json' };
    return isState(value) ? { kind: 'live', state: value } : { kind: 'foreign', owner: value, said: value };
  }
  const taken = names.find((name) => cleanerFile.test(name));
  const cleaner = parseMarker(cleanerFile.exec(taken ?? '')?.[1] ?? '');
  if (taken === undefined || cleaner === undefined) return { kind: 'none' };
  return isAlive(cleaner) ? { kind: 'none' } : { kind: 'dead', owner: taken };
}

/** What could be read about a rig whose daemon was killed. A rig that was never armed has no progress. */
export interface Left {
  state: RigState | undefined;
  /** It is known even for a rig of another version. */
  owner: Owner | undefined;
  progress: Progress | undefined;
}

/** Cleans up what a dead rig left outside its state folder. */
export type TakeDown = (id: string, left: Left) => Promise<void>;

/** A rig that runs. If it is of another version, only its process is certain; `said` is its `rig.json`. */
export type RunningRig = Extract<Found, { kind: 'live' | 'foreign' }>;

/**
 * Looks at one name, and cleans up what a killed rig left there. Resolves to the rig that runs; undefined if there is none (any
 * more), or if another process is cleaning up.
 */
export async function meet(id: string, takeDown: TakeDown): Promise<RunningRig | undefined> {
  const folder = await StateFolder.open(id);
  if (!folder) return undefined;
  try {
    const found = await examine(folder);
    if (found.kind === 'live' || found.kind === 'foreign') return found;
    if (found.kind === 'dead') await clean(id, folder, found.owner, takeDown);
    return undefined;
  } finally {
    await folder.close();
  }
}

/** As {@link meet}, but throws a RigError if a rig of another version has the name. */
export async function findLive(id: string, takeDown: TakeDown): Promise<RigState | undefined> {
  const found = await meet(id, takeDown);
  if (found?.kind === 'foreign') throw new RigError(`${id}: a rig of another version; use the rig that made it`);
  return found?.state;
}

/** Waits while another process cleans up after a killed rig of that name, usually for a tenth of a second. */
export async function untilCleaned(id: string): Promise<void> {
  const giveUpAt = performance.now() + cleaningMs;
  while (performance.now() < giveUpAt) {
    const folder = await StateFolder.open(id);
    const names: string[] = folder ? await readdir(folder.inside()).catch(() => []) : [];
    await folder?.close();
    const cleaners = names.flatMap((name) => parseMarker(cleanerFile.exec(name)?.[1] ?? '') ?? []);
    if (!cleaners.some(isAlive)) return;
    await delay(20);
  }
}

async function clean(id: string, folder: StateFolder, owner: string, takeDown: TakeDown): Promise<void> {
  const mine = `cleaner.${ownerMarker(ownIdentity())}.json`;
  try {
    // Otherwise its rig has just renamed it, and will remove it.
    if (!(await folder.isInPlace(id))) return;
    await rename(folder.inside(owner), folder.inside(mine));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const state = await folder.read(mine);
  const progress = await folder.read('progress.json');
  await takeDown(id, {
    state: isState(state) ? state : undefined,
    owner: isOwner(state) ? state : undefined,
    progress: isProgress(progress) ? progress : undefined,
  });
  for (const name of await readdir(folder.inside())) await unlink(folder.inside(name));
  await rmdir(stateFolder(id)).catch((error) => {
    // A new rig has the name already, or another cleaner was quicker.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  });
}

/** Removes temporary folders of processes that were killed while they took a name or gave it back. */
export async function removeDeadClaims(): Promise<void> {
  for (const name of await readdir(stateRoot)) {
    const claimer = name.startsWith('.claim.') ? parseMarker(name.slice('.claim.'.length)) : undefined;
    if (claimer && !isAlive(claimer)) await rm(`${stateRoot}/${name}`, { recursive: true, force: true });
  }
}

/** The names at which there may be a rig, in order. Throws a RigError if /run/rig is not ours. */
export async function listNames(): Promise<string[]> {
  if (!existsSync(stateRoot)) return [];
  await checkOwnFolder(stateRoot);
  await removeDeadClaims();
  const names = await readdir(stateRoot);
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** The ids of this host, also of dead rigs. Throws a RigError if /run/rig is not ours. */
export async function listIds(): Promise<string[]> {
  const ids = await listNames();
  const found = await Promise.all(
    ids.map(async (id) => {
      const folder = await StateFolder.open(id);
      const isRig = folder !== undefined && (await examine(folder)).kind !== 'none';
      await folder?.close();
      return isRig;
    }),
  );
  return ids.filter((_, index) => found[index]);
}
