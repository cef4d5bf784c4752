/**
 * The rigs of this host: `/run/rig/<id>/`, one folder each.
 *
 * What a killed daemon left is taken down by whoever meets it first. Renaming its `rig.json` inside that very folder, through
 * a descriptor and not by its path, succeeds for one cleaner only. rmdir(2) removes an empty folder only, so a new rig of the
 * same name can never be hit.
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

/** How long a cleaner may take before somebody who wants the name gives up. */
const cleaningMs = 10_000;

/**
 * What was met at a name: a live rig, one of another version of rig, a dead one, by the file that says whose it was, or
 * nothing that is rig's to touch: a folder that its rig or a cleaner is just removing, or that somebody else has made.
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

/** What is known of a rig whose daemon was killed: as much of it as could be read. One that was never armed has no progress. */
export interface Left {
  state: RigState | undefined;
  /** Known of a rig of another version, too. */
  owner: Owner | undefined;
  progress: Progress | undefined;
}

/** What a dead rig leaves outside its state folder is put in order by this. */
export type TakeDown = (id: string, left: Left) => Promise<void>;

/** A rig that runs, of this version or another one. Of that nothing is certain but the process; `said` is its `rig.json`. */
export type RunningRig = Extract<Found, { kind: 'live' | 'foreign' }>;

/**
 * Looks at one name. A rig that runs is returned; what a killed one left is taken down; undefined when there is no rig (any
 * more), or another process is just cleaning up.
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

/** As {@link meet}, for what only a rig of this version can do: throws a RigError where another one has the name. */
export async function findLive(id: string, takeDown: TakeDown): Promise<RigState | undefined> {
  const found = await meet(id, takeDown);
  if (found?.kind === 'foreign') throw new RigError(`${id}: a rig of another version; use the rig that made it`);
  return found?.state;
}

/** Waits while another process puts in order what a killed rig of that name left, which takes a tenth of a second as a rule. */
export async function untilCleaned(id: string): Promise<void> {
  const giveUpAt = performance.now() + cleaningMs;
  while (performance.now() < giveUpAt) {
    const folder = await StateFolder.open(id);
    const names: string[] = folder ? await readdir(folder.inside()).catch(() => []) : [];
    await folder?.close();
    const cleaners = names.flatMap((name) => parseMarker(cleanerFile.exec(name)?.[1] ?? '') ?? []);
    const alive = await Promise.all(cleaners.map(isAlive));
    if (!alive.includes(true)) return;
    await delay(20);
  }
}

async function clean(id: string, folder: StateFolder, owner: string, takeDown: TakeDown): Promise<void> {
  const mine = `cleaner.${ownerMarker(ownIdentity())}.json`;
  try {
    // Its rig has just renamed it away, and will remove it.
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
    // A new rig has the name already, or another cleaner was quicker: both are what was wanted.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  });
}

/** Removes the temporary folders of processes that were killed while they took or gave back a name. */
export async function removeDeadClaims(): Promise<void> {
  for (const name of await readdir(stateRoot)) {
    const claimer = name.startsWith('.claim.') ? parseMarker(name.slice('.claim.'.length)) : undefined;
    if (claimer && !isAlive(claimer)) await rm(`${stateRoot}/${name}`, { recursive: true, force: true });
  }
}

/**
 * The names at which there may be a rig, in order. Throws a RigError when /run/rig is not ours.
 */
export async function listNames(): Promise<string[]> {
  if (!existsSync(stateRoot)) return [];
  await checkOwnFolder(stateRoot);
  await removeDeadClaims();
  const names = await readdir(stateRoot);
  return names.filter((name) => !name.startsWith('.') && name !== 'finished').sort();
}

/** The ids of this host, those of dead rigs included. Throws a RigError when /run/rig is not ours. */
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
