/** Which programs a rig runs, in a file: whoever takes down a killed rig finds by it what they had started. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { NotedProgram } from '../../host/programs/own-programs.ts';
import { stateFolder } from '../records/paths.ts';
import { type Owner, ownerMarker } from '../records/rows.ts';

/** Its name in the rig's folder. */
export const programsFile = 'programs.json';

/** Writes which programs run now. Does nothing where the folder is gone, or full: what they start has the rig's mark, too. */
export function writePrograms(id: string, owner: Owner, programs: NotedProgram[]): void {
  const path = `${stateFolder(id)}/${programsFile}`;
  try {
    rmSync(`${path}.part`, { force: true });
    writeFileSync(`${path}.part`, JSON.stringify({ owner: ownerMarker(owner), programs }), { mode: 0o600, flag: 'wx' });
    renameSync(`${path}.part`, path);
  } catch {
    // See above.
  }
}

/** The programs that the file `said` to run, if it was that rig's. */
export function programsOf(owner: Owner, said: unknown): NotedProgram[] {
  const { owner: marker, programs } = (said ?? {}) as { owner?: unknown; programs?: unknown };
  if (marker !== ownerMarker(owner) || !Array.isArray(programs)) return [];
  return programs.filter(({ pid, startTime }: Partial<NotedProgram>) => Number(pid) > 0 && Number(startTime) > 0);
}
