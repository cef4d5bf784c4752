/** How far a rig has got, in a file: it is known even if the rig has been killed. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { stateFolder } from '../records/paths.ts';
import type { Progress, RigState } from '../records/rows.ts';
import { isProgress } from './state-file.ts';
import { StateFolder } from './state-folder.ts';

/**
 * Writes how far a rig has got; a reader sees the new state or the old one. It is synchronous, so that no action comes before
 * it. A failure goes to `fail`: the actions must run even if somebody emptied /run/rig.
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

/** How far a rig has got; undefined before it is armed. */
export async function readProgress(id: string): Promise<Progress | undefined> {
  const folder = await StateFolder.open(id);
  const progress = await folder?.read('progress.json');
  await folder?.close();
  return isProgress(progress) ? progress : undefined;
}
