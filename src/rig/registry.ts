/**
 * The rigs of this host: `/run/rig/<id>/`, one folder each.
 *
 * A folder is filled under a temporary name and renamed into place: rename(2) replaces an empty folder at most, so of two rigs
 * of one name only one gets it, and a folder in place always says whose it is. What a killed daemon left is taken down by
 * whoever meets it first: renaming its `rig.json` inside that very folder (through a descriptor, not the path) succeeds for one
 * cleaner only, and rmdir(2) removes an empty folder only, so a new rig of the same name can never be hit.
 */
import { constants } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, UsageError } from '../errors.ts';
import { ensureOwnFolder, writeNewFile } from '../host/folders.ts';
import { isAlive, readProcess } from '../host/processes.ts';
import { finishedRoot, stateFolder, stateRoot } from './paths.ts';
import type { RigSpec } from './spec.ts';

/** Which process a rig is. */
export interface Owner {
  pid: number;
  startTime: number;
}

/** What `rig.json` holds. */
export interface RigState extends Owner {
  version: 1;
  spec: RigSpec;
}

export type EndStatus = 'finished' | 'failed' | 'destroyed' | 'expired';

/** How a rig ended: `/run/rig/finished/<id>.json`. Times are ISO 8601. */
export interface FinishedRecord {
  id: string;
  pid: number;
  monitor: string;
  watch: string;
  condition: string;
  actions: string[];
  status: EndStatus;
  created: string;
  triggered: string | null;
  ended: string;
  /** The archive, or the folder that was kept instead. */
  archive: string | null;
  /** Why it failed, one line for each thing that went wrong. */
  reasons: string[];
}

/** How long a cleaner may take before somebody who wants the name gives up. */
const cleaningMs = 10_000;

export const ownerMarker = ({ pid, startTime }: Owner): string => `${pid}.${startTime}`;

/** This process. */
export async function ownIdentity(): Promise<Owner> {
  const self = await readProcess(process.pid);
  if (self === undefined) throw new Error('/proc is not mounted: rig cannot tell processes apart');
  return { pid: self.pid, startTime: self.startTime };
}

function parseMarker(text: string): Owner | undefined {
  const [, pid, startTime] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTime: Number(startTime) };
}

/** Makes rig's own folders under /run; throws a RigError when they are not ours. */
export async function ensureStateRoot(): Promise<void> {
  await ensureOwnFolder(stateRoot);
  await ensureOwnFolder(finishedRoot);
}

/** A rig's folder as it was met: a descriptor, so that what is done in it is done in this one and in no later one. */
class StateFolder {
  readonly #handle: FileHandle;
  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(id: string): Promise<StateFolder | undefined> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const handle = await open(stateFolder(id), flags).catch(() => undefined);
    return handle && new StateFolder(handle);
  }

  inside(name = ''): string {
    return `/proc/self/fd/${this.#handle.fd}/${name}`;
  }

  async readState(name: string): Promise<RigState | undefined> {
    try {
      return JSON.parse(await readFile(this.inside(name), 'utf8')) as RigState;
    } catch {
      // Gone or not readable: whoever asks treats it as nobody's.
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** What was met at a name: a live rig, a dead one that this process may take down, or one that another cleaner has taken. */
type Found = { kind: 'live'; state: RigState } | { kind: 'dead'; owner: string } | { kind: 'busy' } | { kind: 'none' };

const cleanerFile = /^cleaner\.(\d+\.\d+)\.json$/;

async function examine(folder: StateFolder): Promise<Found> {
  const names: string[] = await readdir(folder.inside()).catch(() => []);
  if (names.includes('rig.json')) {
    const state = await folder.readState('rig.json');
    if (state && (await isAlive(state))) return { kind: 'live', state };
    return { kind: 'dead', owner: 'rig.json' };
  }
  const taken = names.find((name) => cleanerFile.test(name));
  const cleaner = parseMarker(cleanerFile.exec(taken ?? '')?.[1] ?? '');
  if (taken === undefined || cleaner === undefined)
    return names.length === 0 ? { kind: 'none' } : { kind: 'dead', owner: '' };
  return (await isAlive(cleaner)) ? { kind: 'busy' } : { kind: 'dead', owner: taken };
}

/** What a dead rig leaves outside its state folder is put in order by this; it gets the state, if it could be read. */
export type TakeDown = (id: string, state: RigState | undefined) => Promise<void>;

/**
 * Looks at one name. A rig that runs is returned; what a killed one left is taken down; undefined when there is no rig (any
 * more), or another process is just cleaning up.
 */
export async function meet(id: string, takeDown: TakeDown): Promise<RigState | undefined> {
  const folder = await StateFolder.open(id);
  if (!folder) return undefined;
  try {
    const found = await examine(folder);
    if (found.kind === 'live') return found.state;
    if (found.kind === 'dead') await clean(id, folder, found.owner, takeDown);
    return undefined;
  } finally {
    await folder.close();
  }
}

async function clean(id: string, folder: StateFolder, owner: string, takeDown: TakeDown): Promise<void> {
  const mine = `cleaner.${ownerMarker(await ownIdentity())}.json`;
  try {
    if (owner === '') await writeFile(folder.inside(mine), '{}', { flag: 'wx' });
    else await rename(folder.inside(owner), folder.inside(mine));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const state = await folder.readState(mine);
  await takeDown(id, state?.spec === undefined ? undefined : state);
  for (const name of await readdir(folder.inside())) await unlink(folder.inside(name));
  await rmdir(stateFolder(id)).catch((error) => {
    // A new rig has the name already, or another cleaner was quicker: both are what was wanted.
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  });
}

/** The ids that have a folder. Temporary names are not ids: those whose process is gone are removed. */
export async function listIds(): Promise<string[]> {
  const names = await readdir(stateRoot).catch(() => []);
  for (const name of names.filter((name) => name.startsWith('.claim.'))) {
    const claimer = parseMarker(name.slice('.claim.'.length));
    if (claimer && !(await isAlive(claimer))) await rm(`${stateRoot}/${name}`, { recursive: true, force: true });
  }
  return names.filter((name) => !name.startsWith('.') && name !== 'finished').sort();
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
    const giveUpAt = performance.now() + cleaningMs;
    for (;;) {
      if (await rename(temporary, stateFolder(id)).then(() => true, isTaken)) return;
      const owner = await meet(id, takeDown);
      if (owner)
        throw new UsageError(`--name: there is a rig "${id}" already (pid ${owner.pid}); rig destroy ${id} ends it`);
      if (performance.now() > giveUpAt)
        throw new UsageError(`--name: what is left of an earlier rig "${id}" is still being cleaned up`);
      await delay(20);
    }
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** For a failed rename: false when the name is taken, which is an answer; anything else is thrown. */
function isTaken(error: unknown): false {
  if (errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false;
  throw error;
}

/**
 * Gives the name back. The folder is renamed away first, so that nobody meets it half removed; it is left alone when it is
 * not this rig's any more (somebody emptied /run/rig, and another rig took the name).
 */
export async function release(state: RigState): Promise<void> {
  const { id } = state.spec;
  const folder = await StateFolder.open(id);
  const current = await folder?.readState('rig.json');
  await folder?.close();
  if (current === undefined || ownerMarker(current) !== ownerMarker(state)) return;
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await rename(stateFolder(id), temporary);
  await rm(temporary, { recursive: true, force: true });
}

/** Writes how a rig ended; a reader sees the whole record or none. */
export async function writeRecord(record: FinishedRecord): Promise<void> {
  await ensureStateRoot();
  const temporary = `${finishedRoot}/.${record.id}.${process.pid}`;
  await rm(temporary, { force: true });
  await writeNewFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, `${finishedRoot}/${record.id}.json`);
}
