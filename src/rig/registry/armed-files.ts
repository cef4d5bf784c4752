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

const armedFile = /^(?<id>[A-Za-z0-9][\w.-]*)\.(?<bootId>[0-9a-f]{32})\.json$/;

const pathOf = (id: string): string => `${armedRoot}/${id}.${readBootId()}.json`;

/** A record is no longer, unless somebody has set up a rig with very much in it. */
const recordBytes = 64 * 1024;

/** Takes the room on the disk for the record of a rig, until {@link removeArmed}. */
export async function takeRecordRoom(id: string): Promise<void> {
  await ensureRecordFolders();
  const path = `${armedRoot}/.${id}.${readBootId()}.room`;
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

async function removeBeside(id: string, bootId: string): Promise<void> {
  for (const name of await readdir(armedRoot).catch(() => []))
    if (name.startsWith(`.${id}.${bootId}.`)) await rm(`${armedRoot}/${name}`, { force: true });
}

/** A rig that was armed when an earlier boot of this host ended. */
export interface ArmedBefore {
  state: RigState;
  progress: Progress;
  /** Removes its file. Resolves to whether this process has: only one of several does. */
  take(): Promise<boolean>;
}

/** The rigs that were armed when an earlier boot of this host ended. */
export async function readArmedBefore(): Promise<ArmedBefore[]> {
  const bootId = readBootId();
  const names: string[] = bootId === '' ? [] : await readdir(armedRoot).catch(() => []);
  const before: ArmedBefore[] = [];
  for (const name of names) {
    const of = armedFile.exec(name)?.groups;
    if (of === undefined || of.bootId === bootId) continue;
    const path = `${armedRoot}/${name}`;
    const { state, progress } = parse(await readFile(path, 'utf8').catch(() => ''));
    const take = (): Promise<boolean> =>
      unlink(path).then(
        () => removeBeside(of.id ?? '', of.bootId ?? '').then(() => true),
        () => false,
      );
    if (isState(state) && isProgress(progress)) before.push({ state, progress, take });
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
