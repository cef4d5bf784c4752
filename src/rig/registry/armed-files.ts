/**
 * Which rigs are armed: `/var/lib/rig/armed/<id>.<boot id>.json`. /run is empty after a reboot, and a host that loses its power
 * writes no record.
 */
import { readdir, readFile, rm, unlink } from 'node:fs/promises';
import { readBootId } from '../../host/boot.ts';
import { armedRoot } from '../records/paths.ts';
import type { Progress, RigState } from '../records/rows.ts';
import { ensureRecordFolders, writeWhole } from './finished.ts';
import { isProgress, isState } from './state-file.ts';

const armedFile = /^(?<id>[A-Za-z0-9][\w.-]*)\.(?<bootId>[0-9a-f]{32})\.json$/;

const pathOf = (id: string): string => `${armedRoot}/${id}.${readBootId()}.json`;

/** Notes that a rig is armed, and how far it has got. */
export async function writeArmed(state: RigState, progress: Progress): Promise<void> {
  if (readBootId() === '') return;
  await ensureRecordFolders();
  await writeWhole(pathOf(state.spec.id), JSON.stringify({ state, progress }));
}

/** The rig of this id has ended. What it was writing when it was killed goes, too. */
export async function removeArmed(id: string): Promise<void> {
  await rm(pathOf(id), { force: true });
  const unfinished = `.${id}.${readBootId()}.`;
  for (const name of await readdir(armedRoot).catch(() => []))
    if (name.startsWith(unfinished)) await rm(`${armedRoot}/${name}`, { force: true });
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
        () => true,
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
