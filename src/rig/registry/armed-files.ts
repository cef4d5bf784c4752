/**
 * Which rigs are armed: `/var/lib/rig/armed/<id>.<boot id>.json`. /run is empty after a reboot, and a host that loses its power
 * writes no record.
 */
import { readdir, readFile, rm, unlink } from 'node:fs/promises';
import { readBootId } from '../../host/boot.ts';
import { writeNewFile } from '../../host/folders.ts';
import { armedRoot } from '../records/paths.ts';
import type { Progress, RigState } from '../records/rows.ts';
import { ensureRecordFolders, writeWhole } from './finished.ts';
import { isProgress, isState } from './state-file.ts';

const armedFile = /^([A-Za-z0-9][\w.-]*)\.([0-9a-f]{32})\.json$/;

const pathOf = (id: string): string => `${armedRoot}/${id}.${readBootId()}.json`;

/** A record is no longer, unless somebody has set up a rig with very much in it. */
const recordBytes = 64 * 1024;

/** The file that keeps room on the disk for the record of a rig. */
export const recordRoom = (id: string, bootId = readBootId()): string => `${armedRoot}/.${id}.${bootId}.room`;

/** Takes that room, until the record is written, or {@link removeArmed}. */
export async function takeRecordRoom(id: string): Promise<void> {
  await ensureRecordFolders();
  const path = recordRoom(id);
  await rm(path, { force: true });
  await writeNewFile(path, 'room for the record\n'.padEnd(recordBytes));
}

/** Notes that a rig is armed, and how far it has got. */
export async function writeArmed(state: RigState, progress: Progress): Promise<void> {
  if (readBootId() === '') return;
  await ensureRecordFolders();
  await writeWhole(pathOf(state.spec.id), JSON.stringify({ state, progress }));
}

/** The rig of this id has ended. The room for its record goes, too, and what it was writing when it was killed. */
export async function removeArmed(id: string): Promise<void> {
  await rm(pathOf(id), { force: true });
  await removeBeside(id, readBootId());
}

/** Removes what begins with a dot and is of this rig, but for the file `but`. */
async function removeBeside(id: string, bootId: string, but = ''): Promise<void> {
  const names = await readdir(armedRoot).catch(() => []);
  const paths = names.filter((name) => name.startsWith(`.${id}.${bootId}.`)).map((name) => `${armedRoot}/${name}`);
  for (const path of paths) if (path !== but) await rm(path, { force: true });
}

/** A rig that was armed when an earlier boot of this host ended. */
export interface ArmedBefore {
  state: RigState;
  progress: Progress;
  /** Removes its file. Resolves to whether this process has: only one of several does. */
  take(): Promise<boolean>;
  /** What keeps room for its record. */
  room: string;
}

/** The rigs that were armed when an earlier boot of this host ended. */
export async function readArmedBefore(): Promise<ArmedBefore[]> {
  const bootId = readBootId();
  const names: string[] = bootId === '' ? [] : await readdir(armedRoot).catch(() => []);
  const before: ArmedBefore[] = [];
  for (const name of names) {
    const [, id = '', itsBootId = ''] = armedFile.exec(name) ?? [];
    if (id === '' || itsBootId === bootId) continue;
    const room = recordRoom(id, itsBootId);
    const path = `${armedRoot}/${name}`;
    const { state, progress } = parse(await readFile(path, 'utf8').catch(() => ''));
    const take = (): Promise<boolean> =>
      unlink(path).then(
        () => removeBeside(id, itsBootId, room).then(() => true),
        () => false,
      );
    if (isState(state) && isProgress(progress)) before.push({ state, progress, take, room });
  }
  return before;
}

function parse(text: string): { state?: unknown; progress?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
