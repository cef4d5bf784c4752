/**
 * The rigs of this host: `/run/rig/<id>/`, one folder each.
 *
 * A folder is filled under a temporary name and renamed into place: rename(2) replaces an empty folder at most, so of two rigs
 * of one name only one gets it, and a folder in place always says whose it is. What a killed daemon left is taken down by
 * whoever meets it first: renaming its `rig.json` inside that very folder (through a descriptor, not the path) succeeds for one
 * cleaner only, and rmdir(2) removes an empty folder only, so a new rig of the same name can never be hit.
 */
import { constants, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, RigError, UsageError } from '../../errors.ts';
import { descriptorPath } from '../../host/descriptors.ts';
import { checkOwnFolder, ensureOwnFolder, identityOf, writeNewFile } from '../../host/folders.ts';
import { isAlive, readProcess } from '../../host/processes/stat.ts';
import { finishedRoot, stateFolder, stateRoot } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';

/** Which process a rig is. */
export interface Owner {
  pid: number;
  startTime: number;
}

/** What `rig.json` holds. */
export interface RigState extends Owner {
  version: 2;
  spec: RigSpec;
}

export type EndStatus = 'finished' | 'failed' | 'destroyed' | 'expired';

/** What `rig list` shows of a rig, live or ended. Times are ISO 8601. */
export interface RigRow {
  id: string;
  pid: number;
  monitor: string;
  watch: string;
  condition: string;
  actions: string[];
  created: string;
  /** The last trigger. */
  triggered: string | null;
  triggers: number;
  /** -1: without end. */
  restartsLeft: number;
  /** The last archive, or the folder that was kept instead. */
  archive: string | null;
  /** All of them that are kept, the last hundred at most. */
  archives: string[];
  /** Until when matches are passed over, where there is a cooldown; null: they are not. */
  cooldownEnds?: string | null;
  /** How many triggers there were in the last hour, where these are limited. */
  triggersInHour?: number;
}

/** How far a rig has got: `progress.json`, written when it is armed, before each trigger's actions start, and when its archive is there. */
export type Progress = Omit<RigRow, 'id' | 'pid' | 'monitor' | 'watch' | 'condition' | 'actions' | 'created'>;

/** What is known of a rig from its beginning, and how far it has got. */
export function rowOf({ pid, spec }: RigState, progress?: Progress): RigRow {
  const { id, created, monitor, actions, restart } = spec;
  const { name, watch, condition } = monitor;
  const names = actions.map((action) => action.name);
  const begun = { triggered: null, triggers: 0, restartsLeft: restart.times, archive: null, archives: [] };
  return { id, pid, monitor: name, watch, condition, actions: names, created, ...begun, ...progress };
}

/** How a rig ended: `/run/rig/finished/<id>.json`. */
export interface FinishedRecord extends RigRow {
  status: EndStatus;
  ended: string;
  /** Why it failed, one line for each thing that went wrong. */
  reasons: string[];
}

/** How long a cleaner may take before somebody who wants the name gives up. */
const cleaningMs = 10_000;

/** A process in one word, for file names and the environment of its children. */
export const ownerMarker = ({ pid, startTime }: Owner): string => `${pid}.${startTime}`;

const noProc = '/proc is not mounted: rig cannot tell processes apart';

/** This process. */
export async function ownIdentity(): Promise<Owner> {
  const self = await readProcess(process.pid);
  if (self === undefined) throw new RigError(noProc);
  return { pid: self.pid, startTime: self.startTime };
}

/** The process that {@link ownerMarker} put into a word; undefined where it is none. */
export function parseMarker(text: string): Owner | undefined {
  const [, pid, startTime] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTime: Number(startTime) };
}

/** Makes rig's own folders under /run; throws a RigError when they are not ours. */
async function ensureStateRoot(): Promise<void> {
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
    if (!handle) return undefined;
    const folder = new StateFolder(handle);
    if (existsSync(folder.inside())) return folder;
    await folder.close();
    throw new RigError(noProc);
  }

  inside(name = ''): string {
    return `${descriptorPath(this.#handle.fd)}/${name}`;
  }

  /** What a file of this folder says; undefined where it is gone or holds nothing that can be read. */
  async read(name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.inside(name), 'utf8'));
    } catch {
      // Whoever asks treats it as nobody's.
      return undefined;
    }
  }

  /** Whether this is still the folder that the id leads to. */
  async isInPlace(id: string): Promise<boolean> {
    const [own, named] = [await this.#handle.stat(), await stat(stateFolder(id)).catch(() => undefined)];
    return named !== undefined && named.dev === own.dev && named.ino === own.ino;
  }

  /** Tells it from every other folder. */
  async identity(): Promise<string> {
    return identityOf(await this.#handle.stat({ bigint: true }));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Whether it names a process. So much every version of rig has in its `rig.json`. */
function isOwner(value: unknown): value is Owner {
  const { pid, startTime } = (value ?? {}) as Partial<Owner>;
  return typeof pid === 'number' && typeof startTime === 'number';
}

/** Whether it is what this version of rig writes. */
function isState(value: unknown): value is RigState {
  const { version, spec } = (value ?? {}) as Partial<RigState>;
  return isOwner(value) && version === 2 && typeof spec?.monitor?.name === 'string' && Array.isArray(spec.actions);
}

function isProgress(value: unknown): value is Progress {
  const { triggers, restartsLeft, archives } = (value ?? {}) as Partial<Progress>;
  return typeof triggers === 'number' && typeof restartsLeft === 'number' && Array.isArray(archives);
}

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
    if (!isOwner(value) || !(await isAlive(value))) return { kind: 'dead', owner: 'rig.json' };
    return isState(value) ? { kind: 'live', state: value } : { kind: 'foreign', owner: value, said: value };
  }
  const taken = names.find((name) => cleanerFile.test(name));
  const cleaner = parseMarker(cleanerFile.exec(taken ?? '')?.[1] ?? '');
  if (taken === undefined || cleaner === undefined) return { kind: 'none' };
  return (await isAlive(cleaner)) ? { kind: 'none' } : { kind: 'dead', owner: taken };
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
export type LiveRig = Extract<Found, { kind: 'live' | 'foreign' }>;

/**
 * Looks at one name. A rig that runs is returned; what a killed one left is taken down; undefined when there is no rig (any
 * more), or another process is just cleaning up.
 */
export async function meet(id: string, takeDown: TakeDown): Promise<LiveRig | undefined> {
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
  const mine = `cleaner.${ownerMarker(await ownIdentity())}.json`;
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
    if (claimer && !(await isAlive(claimer))) await rm(`${stateRoot}/${name}`, { recursive: true, force: true });
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

/**
 * Takes the name for this process, or throws a UsageError when a live rig has it. `fill` puts the control socket into the
 * folder before anybody can see it. A folder that is in the way may go within `patienceMs`. Gives the identity of the folder.
 */
export async function claim(
  state: RigState,
  takeDown: TakeDown,
  fill: (folder: string) => Promise<void>,
  patienceMs = cleaningMs,
): Promise<string> {
  const { id } = state.spec;
  await ensureStateRoot();
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await mkdir(temporary, { mode: 0o700 });
  try {
    await writeNewFile(`${temporary}/rig.json`, JSON.stringify(state));
    await fill(temporary);
    const identity = identityOf(await lstat(temporary, { bigint: true }));
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      if (await rename(temporary, stateFolder(id)).then(() => true, isTaken)) return identity;
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
 * Has the state folder say again that it is this rig's, where that is all that was removed: the folder is known by its identity.
 * Whether it says so now.
 */
export async function repairOwner(state: RigState, identity: string): Promise<boolean> {
  const folder = await StateFolder.open(state.spec.id);
  if (!folder) return false;
  try {
    if ((await folder.identity()) !== identity || (await folder.read('rig.json')) !== undefined) return false;
    // Whole or not at all: whoever meets half of it takes the rig for a dead one.
    const part = folder.inside('rig.json.part');
    await rm(part, { force: true });
    await writeNewFile(part, JSON.stringify(state));
    await rename(part, folder.inside('rig.json'));
    return true;
  } finally {
    await folder.close();
  }
}

/**
 * Gives the name back. The folder is renamed away first, so that nobody meets it half removed; it is left alone when it is
 * not this rig's any more (somebody emptied /run/rig, and another rig took the name).
 */
export async function release(state: RigState, identity: string): Promise<void> {
  const { id } = state.spec;
  await repairOwner(state, identity);
  if (!ownsFolder(state)) return;
  const temporary = `${stateRoot}/.claim.${ownerMarker(state)}`;
  await rename(stateFolder(id), temporary);
  await rm(temporary, { recursive: true, force: true });
}

/**
 * Notes how far a rig has got; a reader sees the whole of it or what was there before. At once, so that the action that follows
 * cannot come before it. `fail` hears what went wrong: that somebody emptied /run/rig must not keep the actions from running.
 */
export function writeProgress({ spec }: RigState, progress: Progress, fail: (error: unknown) => void): void {
  const path = `${stateFolder(spec.id)}/progress.json`;
  try {
    rmSync(`${path}.part`, { force: true });
    writeFileSync(`${path}.part`, JSON.stringify(progress), { mode: 0o600, flag: 'wx' });
    renameSync(`${path}.part`, path);
  } catch (error) {
    fail(error);
  }
}

/** How far the rig `id` had got when it last said so; undefined where it has not triggered yet. */
export async function readProgress(id: string): Promise<Progress | undefined> {
  const folder = await StateFolder.open(id);
  const progress = await folder?.read('progress.json');
  await folder?.close();
  return isProgress(progress) ? progress : undefined;
}

/** The ids of the rigs that have ended since this host was started; of several with one name there is the last. */
export async function listFinished(): Promise<string[]> {
  if (!existsSync(finishedRoot)) return [];
  await checkOwnFolder(finishedRoot);
  const names = await readdir(finishedRoot);
  return names.flatMap((name) => /^([^.].*)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** How the rig `id` ended, as far as it is a record that can be read. */
export async function readRecord(id: string): Promise<FinishedRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(`${finishedRoot}/${id}.json`, 'utf8')) as Partial<FinishedRecord> | null;
    return typeof value?.id === 'string' && typeof value.status === 'string' ? (value as FinishedRecord) : undefined;
  } catch {
    // None, or one that another version wrote half: to whoever asks both are no record.
    return undefined;
  }
}

/** Writes how a rig ended; a reader sees the whole record or none. */
export async function writeRecord(record: FinishedRecord): Promise<void> {
  await ensureStateRoot();
  const temporary = `${finishedRoot}/.${record.id}.${process.pid}`;
  await rm(temporary, { force: true });
  await writeNewFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, `${finishedRoot}/${record.id}.json`);
}
