/** How far a rig has got, in a file: it is known even if the rig is killed. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { stateFolder } from '../records/paths.ts';
import type { Progress, RigState } from '../records/rows.ts';
import { isProgress } from './state-file.ts';
import { StateFolder } from './state-folder.ts';

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
