/** `manifest.json`: what is in the archive, where it comes from and how it came about. */
import { hostname, release } from 'node:os';
import { writeNewFile } from '../host/folders.ts';
import type { SourceStatus, Trigger } from '../plugin.ts';
import { rigVersion } from '../version.ts';
import type { ActionReport } from './actions.ts';
import { type CollectedFile, describeFiles } from './archive.ts';
import { isoTime, workFolder } from './paths.ts';
import type { EndStatus } from './registry.ts';
import type { RigSpec } from './spec.ts';

export interface Manifest {
  rig: { version: string; commit: string; node: string };
  host: { name: string; kernel: string };
  spec: RigSpec;
  status: EndStatus;
  /** False when the rig was ended before its actions were done. */
  complete: boolean;
  reasons: string[];
  ended: string;
  trigger: Trigger;
  sources: SourceStatus[];
  actions: ActionReport[];
  /** What stands in the archive beside the actions' files. */
  files: CollectedFile[];
}

/** Writes rig.log and manifest.json into the work folder; the manifest describes every file but itself. */
export async function writeManifest(
  manifest: Omit<Manifest, 'rig' | 'host' | 'ended' | 'files'>,
  logLines: string[],
): Promise<void> {
  const { id } = manifest.spec;
  await writeNewFile(`${workFolder(id)}/rig.log`, logLines.map((line) => `${line}\n`).join(''));
  const described = new Set(manifest.actions.flatMap(({ files }) => files.map(({ path }) => path)));
  const whole: Manifest = {
    rig: rigVersion,
    host: { name: hostname(), kernel: release() },
    ...manifest,
    ended: isoTime(new Date()),
    files: (await describeFiles(id, '.')).filter(({ path }) => !described.has(path)),
  };
  await writeNewFile(`${workFolder(id)}/manifest.json`, `${JSON.stringify(whole, null, 2)}\n`);
}
