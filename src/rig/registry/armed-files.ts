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

/** The rig of this id has ended. */
export async function removeArmed(id: string): Promise<void> {
  await rm(pathOf(id), { force: true });
}

/** The rigs that were armed when an earlier boot of this host ended. Each is returned to one caller only. */
export async function takeArmedBefore(): Promise<{ state: RigState; progress: Progress }[]> {
  const bootId = readBootId();
  const names: string[] = bootId === '' ? [] : await readdir(armedRoot).catch(() => []);
  const taken: { state: RigState; progress: Progress }[] = [];
  for (const name of names) {
    const of = armedFile.exec(name)?.groups;
    if (of === undefined || of.bootId === bootId) continue;
    const path = `${armedRoot}/${name}`;
    const text = await readFile(path, 'utf8').catch(() => '');
    // Only one of several commands removes it.
    const isMine = await unlink(path).then(
      () => true,
      () => false,
    );
    const { state, progress } = parse(text);
    if (isMine && isState(state) && isProgress(progress)) taken.push({ state, progress });
  }
  return taken;
}

function parse(text: string): { state?: unknown; progress?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
