/** From the folder of a trigger to its result: manifest and archive. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { removeTree, spellNames } from '../../host/trees.ts';
import type { SourceStatus, Trigger } from '../../plugin.ts';
import { writeArchive } from '../archive/archive.ts';
import { writeManifest } from '../archive/manifest.ts';
import type { RigLog } from '../log/log.ts';
import type { Gap } from '../records/gaps.ts';
import type { ActionReport } from '../records/reports.ts';
import type { EndStatus } from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { triggerFacts } from '../records/trigger.ts';
import type { DiskGuard } from './disk-guard.ts';
import { keepFolder, partialArchive, resultName } from './work-folder.ts';

/** An archive of this size is written on a full disk too. */
const smallBytes = 2 ** 20;

/** The result of a trigger. */
export interface Collected {
  /** The archive, or the folder that was kept instead; null if nothing was kept. */
  result: string | null;
  /** What went wrong, a line each. */
  reasons: string[];
}

/** What to pack. */
export interface ToPack {
  spec: RigSpec;
  number: number;
  trigger: Trigger;
  at: Date;
  folder: string;
  reports: ActionReport[];
  sources: SourceStatus[];
  gaps: Gap[];
  /** Who ended the rig before the last action was done. */
  cutBy: string | undefined;
}

/**
 * Writes the manifest and the archive. Never rejects: what goes wrong is in the reasons, and what was collected is kept, unless
 * `discarded` aborts. `guard` ends the writing when the disk is nearly full.
 */
export async function packResult(
  toPack: ToPack,
  guard: DiskGuard,
  log: RigLog,
  discarded: AbortSignal,
): Promise<Collected> {
  const { spec, number, at, folder, reports, cutBy } = toPack;
  const failed = reports.filter(({ reason }) => reason !== null);
  const reasons = failed.map((report) => `${report.folder}: ${report.reason}`);
  const disk = guard.watch();
  const signal = AbortSignal.any([discarded, disk.signal]);
  try {
    await spellNames(folder);
    await describeResult(toPack, reasons, log, discarded);
    if (!spec.output.archive) return { result: await keep(toPack, log), reasons };
    const name = `${resultName(spec.id, at)}${cutBy === undefined ? '' : '-incomplete'}`;
    const { folder: outputFolder, compression } = spec.output;
    // A small one is always written: it says why there is nothing else in it.
    const room = await guard.room();
    const mostBytes = room === undefined ? undefined : Math.max(room, smallBytes);
    const partial = partialArchive(spec, number);
    const plan = { folder, partial, path: join(outputFolder, name), compression, mostBytes };
    const result = await writeArchive(plan, signal, (change) => reasons.push(change));
    return { result, reasons: [...reasons, ...(await removeFolder(toPack, log))] };
  } catch (error) {
    if (discarded.aborted) return { result: null, reasons };
    // Most likely a full disk: what was collected is kept as it is.
    const why = messageOf(disk.signal.aborted ? disk.signal.reason : error);
    return { result: await keep(toPack, log), reasons: [...reasons, `the archive cannot be written: ${why}`] };
  } finally {
    disk.stop();
  }
}

async function describeResult(toPack: ToPack, failures: string[], log: RigLog, signal: AbortSignal): Promise<void> {
  const { spec, number, trigger, folder, reports, sources, gaps, cutBy } = toPack;
  const complete = cutBy === undefined;
  const reasons = complete ? failures : [...failures, `ended by ${cutBy} before it was complete`];
  const status: EndStatus = complete ? (reasons.length > 0 ? 'failed' : 'finished') : 'stopped';
  const known = { spec, status, complete, reasons, number, trigger: await triggerFacts(trigger), sources, gaps };
  await writeManifest(folder, { ...known, actions: reports }, log.lines(), signal);
}

/** Removes the folder, which is in the archive now. If that fails, keeps it and says why. */
async function removeFolder(toPack: ToPack, log: RigLog): Promise<string[]> {
  try {
    await removeTree(toPack.folder);
    return [];
  } catch (error) {
    return [`${messageOf(error)}; it is in ${await keep(toPack, log)} now`];
  }
}

/** Keeps the folder under a name of its own; if that fails, where it is. */
async function keep({ spec, folder, at }: ToPack, log: RigLog): Promise<string | null> {
  try {
    return await keepFolder(spec, folder, at);
  } catch (error) {
    log.error(`the work folder cannot be renamed: ${messageOf(error)}`);
    return existsSync(folder) ? folder : null;
  }
}
