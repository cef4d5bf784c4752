/**
 * Cleans up what a killed daemon left. Its guardian (host/programs/guardian.ts) does so at once; if that was killed too, `rig
 * destroy` or a new rig of the name does.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, UsageError } from '../../errors.ts';
import { withVariable } from '../../host/processes/environment.ts';
import { findKin } from '../../host/processes/kin.ts';
import { hasMemory, lookAtAll } from '../../host/processes/stat.ts';
import { killTracers } from '../../host/processes/tracing.ts';
import { type NotedProgram, ownerVariable } from '../../host/programs/own-programs.ts';
import { clearLeftover, discardLeftover, type WorkPlace } from '../collect/work-folder.ts';
import { announceEnd, notify } from '../log/announce.ts';
import { openLog } from '../log/log.ts';
import { outputRoot } from '../records/paths.ts';
import { type FinishedRecord, type Owner, ownerMarker, parseMarker, type RigState } from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { removeArmed } from '../registry/armed-files.ts';
import { readRecord } from '../registry/finished.ts';
import { type Left, look, meet, type TakeDown } from '../registry/meet.ts';
import { lifeOfOwner } from '../registry/state-file.ts';
import { keepRecord, recordOf } from './record.ts';

const pidsOf = (processes: readonly { pid: number }[]): number[] => processes.map(({ pid }) => pid);

/** The processes that carry the mark of a dead daemon in their environment, as far as that can be read. */
async function findMarked(owner: Owner): Promise<number[]> {
  const later = lookAtAll().filter(({ pid, startTime }) => startTime >= owner.startTime && hasMemory(pid));
  return pidsOf(await withVariable(later, ownerVariable, ownerMarker(owner)));
}

/** Ends every process that the dead daemon had started. A gdb among them must let go of the process that it was dumping. */
async function endOrphans(owner: Owner, programs: readonly NotedProgram[]): Promise<void> {
  // What was stopped before is found first: when they are dead, nothing tells any more.
  const leavingStopped = new Set(pidsOf(findKin(programs.filter(({ holdsStopped }) => holdsStopped))));
  await killTracers(() => pidsOf(findKin(programs)), leavingStopped);
  // Only then what has left its session: reading environments may take a while where a process hangs.
  await killTracers(() => findMarked(owner));
}

/** Takes down a rig that was never armed: nobody knows of it, so it gets no message and no record. */
export const takeDownUnarmed: TakeDown = async (id, left) => {
  if (left.owner) await endOrphans(left.owner, left.programs);
  await clearLeftover(placeOf(id, left));
  await removeArmed(id);
};

/** Where a rig had written: the usual place, if its state cannot be read. */
const placeOf = (id: string, { state }: Left): WorkPlace => state?.spec ?? { id, output: { folder: outputRoot } };

/** The record that this very rig has written before it was killed, if it has. */
async function ownRecord({ pid, spec }: RigState): Promise<FinishedRecord | undefined> {
  const record = await readRecord(spec.id);
  return record?.pid === pid && record.created === spec.created ? record : undefined;
}

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
    if (left.owner) await endOrphans(left.owner, left.programs);
    const kept = await clearLeftover(placeOf(id, left));
    const recorded = left.state && (await ownRecord(left.state));
    if (left.state && recorded) return ended(recorded, left.state.spec);
    const where = kept.length === 0 ? '' : `, what it had collected is in ${kept.join(', ')}`;
    tell(`${id}: its daemon was killed; cleaned up${where}`);
    const { state } = left;
    if (!state) return;
    const record = recordOf({ ...left, state }, 'killed', kept, 'the daemon was killed');
    await keepRecord(record).finally(() => ended(record, state.spec));
  };
}

/** For `rig destroy --force`: ends a killed rig's children, removes what it was collecting, and records that it was destroyed. */
export function takeDownDiscarding(tell: (text: string) => void): TakeDown {
  return async (id, left) => {
    if (left.owner) await endOrphans(left.owner, left.programs);
    await discardLeftover(placeOf(id, left));
    tell(`${id}: its daemon was killed; what it was collecting is discarded`);
    const reason = 'killed by rig destroy --force, what was being collected is discarded';
    if (left.state) await keepRecord(recordOf({ ...left, state: left.state }, 'destroyed', [], reason));
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
  while (lifeOfOwner(owner) !== 'dead') {
    // It has closed its end but is not proved dead: its children are not ours to kill.
    if (performance.now() > deadline) return;
    await delay(pollMs);
  }
  // Do this first, even if its state is gone: somebody may have emptied /run/rig.
  const left = await look(id).catch(() => undefined);
  const isIts = left?.kind === 'dead' && left.owner !== undefined && ownerMarker(left.owner) === marker;
  await endOrphans(owner, isIts ? left.programs : []);
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
