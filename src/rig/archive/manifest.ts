/** `manifest.json`: what is in the archive, and how it came about. */
import { hostname, release } from 'node:os';
import { writeNewFile } from '../../host/folders.ts';
import type { Facts, SourceStatus } from '../../plugin.ts';
import { jsonText } from '../../terminal/text.ts';
import type { Gap } from '../records/gaps.ts';
import { isoTime } from '../records/paths.ts';
import type { ActionReport } from '../records/reports.ts';
import type { EndStatus } from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { rigVersion } from '../records/version.ts';
import { type CollectedFile, describeFiles } from './archive.ts';

export interface Manifest {
  rig: { version: string; commit: string; node: string };
  host: { name: string; kernel: string };
  spec: RigSpec;
  status: EndStatus;
  /** False if somebody ended the rig before its actions were done. */
  complete: boolean;
  reasons: string[];
  ended: string;
  /** Which trigger of this rig it is, counted from 1. */
  number: number;
  trigger: Facts;
  sources: SourceStatus[];
  /** What the rig could not see, beside what the sources say. */
  gaps: Gap[];
  actions: (ActionReport & { files: CollectedFile[] })[];
  /** The other files in the archive. */
  files: CollectedFile[];
}

/** What is known before the files are looked at. */
type Known = Omit<Manifest, 'rig' | 'host' | 'ended' | 'actions' | 'files'> & { actions: ActionReport[] };

/**
 * Writes rig.log and manifest.json into the folder of a trigger. The manifest describes every file but itself. `signal` ends
 * the hashing.
 */
export async function writeManifest(
  folder: string,
  facts: Known,
  logLines: string[],
  signal: AbortSignal,
): Promise<void> {
  await writeNewFile(`${folder}/rig.log`, logLines.map((line) => `${line}\n`).join(''));
  const files = await describeFiles(folder, signal);
  const isOf = (report: ActionReport) => (file: CollectedFile) => file.path.startsWith(`${report.folder}/`);
  const manifest: Manifest = {
    rig: rigVersion,
    host: { name: hostname(), kernel: release() },
    ...facts,
    ended: isoTime(new Date()),
    actions: facts.actions.map((report) => ({ ...report, files: files.filter(isOf(report)) })),
    files: files.filter((file) => !facts.actions.some((report) => isOf(report)(file))),
  };
  await writeNewFile(`${folder}/manifest.json`, `${jsonText(manifest)}\n`);
}
