/**
 * Cleans up what a killed daemon left. Its guardian (host/programs/guardian.ts) does so at once; if that was killed too, the next
 * `rig` command does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, UsageError } from '../../errors.ts';
import { findByEnvironment } from '../../host/processes/environment.ts';
import { isAlive } from '../../host/processes/stat.ts';
import { killTracers } from '../../host/processes/tracing.ts';
import { ownerVariable } from '../../host/programs/own-programs.ts';
import { clearLeftover, discardLeftover, type WorkPlace } from '../collect/work-folder.ts';
import { announceEnd, notify } from '../log/announce.ts';
import { openLog } from '../log/log.ts';
import { isoTime, outputRoot } from '../records/paths.ts';
import {
  commandLineOf,
  type EndStatus,
  type FinishedRecord,
  type Owner,
  ownerMarker,
  parseMarker,
  rowOf,
} from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { removeArmed } from '../registry/armed-files.ts';
import { writeRecord } from '../registry/finished.ts';
import { type Left, meet, type TakeDown } from '../registry/meet.ts';

/** Ends every process that the dead daemon had started: they carry its mark in their environment. */
async function endOrphans(owner: Owner): Promise<void> {
  // A gdb among them must let go of the process that it was dumping.
  await killTracers(() => findByEnvironment(ownerVariable, ownerMarker(owner)));
}

/** Writes and returns the record of a rig that could not do so itself; undefined if its state cannot be read. */
export async function recordEnd(
  { state, progress }: Omit<Left, 'owner'>,
  status: EndStatus,
  kept: string[],
  reason: string,
  ended = new Date(),
): Promise<FinishedRecord | undefined> {
  if (!state) return undefined;
  const row = rowOf(state, progress);
  const archives = [...row.archives, ...kept];
  const record = {
    ...row,
    archive: kept.at(-1) ?? row.archive,
    archives,
    status,
    ended: isoTime(ended),
    reasons: [reason],
    commandLine: commandLineOf(state.spec),
  };
  await writeRecord(record);
  await removeArmed(record.id);
  return record;
}

/** Takes down a rig that was never armed: nobody knows of it, so it gets no message and no record. */
export const takeDownUnarmed: TakeDown = async (id, left) => {
  if (left.owner) await endOrphans(left.owner);
  await clearLeftover(placeOf(id, left));
  await removeArmed(id);
};

/** Where a rig had written: the usual place, if its state cannot be read. */
const placeOf = (id: string, { state }: Left): WorkPlace => state?.spec ?? { id, output: { folder: outputRoot } };

/**
 * Ends a killed rig's children, keeps what it had collected, and records that it was killed. `tell` hears about it, and `ended` gets
 * the record, unless the rig was never armed.
 */
export function takeDownWith(
  tell: (text: string) => void,
  ended: (record: FinishedRecord, spec: RigSpec) => void = () => {},
): TakeDown {
  return async (id, left) => {
    if (left.state && !left.progress) return await takeDownUnarmed(id, left);
    if (left.owner) await endOrphans(left.owner);
    const kept = await clearLeftover(placeOf(id, left));
    const where = kept.length === 0 ? '' : `, what it had collected is in ${kept.join(', ')}`;
    tell(`${id}: its daemon was killed; cleaned up${where}`);
    const record = await recordEnd(left, 'killed', kept, 'the daemon was killed');
    if (record && left.state) ended(record, left.state.spec);
  };
}

/** For `rig destroy --force`: ends a killed rig's children, removes what it was collecting, and records that it was destroyed. */
export function takeDownDiscarding(tell: (text: string) => void): TakeDown {
  return async (id, left) => {
    if (left.owner) await endOrphans(left.owner);
    await discardLeftover(placeOf(id, left));
    tell(`${id}: its daemon was killed; what it was collecting is discarded`);
    await recordEnd(left, 'destroyed', [], 'killed by rig destroy --force, what was being collected is discarded');
  };
}

/** How long a process may take to end after closing its descriptors, which wakes the guardian. */
const dyingMs = 10_000;
const pollMs = 5;

/** `rig --take-down ID OWNER`: what a guardian becomes when its daemon has died. */
export async function takeDownKilled(id: string, marker: string): Promise<void> {
  const owner = parseMarker(marker);
  if (owner === undefined) throw new UsageError('--take-down is what rig starts itself');
  process.umask(0o077);
  const deadline = performance.now() + dyingMs;
  while (isAlive(owner)) {
    // It has closed its end but lives: its children are not ours to kill.
    if (performance.now() > deadline) return;
    await delay(pollMs);
  }
  // Do this first, even if its state is gone: somebody may have emptied /run/rig.
  await endOrphans(owner);
  const log = await openLog(id, false, { show: () => {}, remark: () => {} });
  const telling: Promise<unknown>[] = [];
  const tellOfEnd = (record: FinishedRecord, spec: RigSpec): void => {
    telling.push(announceEnd(record, log), notify(spec, record, undefined, log));
  };
  try {
    await meet(
      id,
      takeDownWith((text) => log.warn(text), tellOfEnd),
    );
  } catch (error) {
    log.error(messageOf(error));
  }
  await Promise.all(telling);
}
