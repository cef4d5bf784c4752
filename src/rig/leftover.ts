/** What a daemon leaves that was killed before it could put itself in order. */
import { findByEnvironment } from '../host/processes.ts';
import { ownerVariable } from '../host/programs.ts';
import { killTracers } from '../host/tracing.ts';
import { isoTime, outputRoot } from './paths.ts';
import { type EndStatus, type Left, type Owner, ownerMarker, rowOf, type TakeDown, writeRecord } from './registry.ts';
import { clearLeftover, discardLeftover, type WorkPlace } from './work-folder.ts';

/** Ends every process that the dead daemon had started: they carry its mark, which no later daemon can have. */
async function endOrphans(owner: Owner): Promise<void> {
  // A gdb among them holds the process that it was dumping.
  await killTracers(await findByEnvironment(ownerVariable, ownerMarker(owner)));
}

/** Writes how a killed rig ended. Of one whose state cannot be read there is nothing to write. */
async function recordEnd({ state, progress }: Left, status: EndStatus, kept: string[], reason: string): Promise<void> {
  if (!state) return;
  const row = rowOf(state, progress);
  const archives = [...row.archives, ...kept];
  await writeRecord({
    ...row,
    archive: kept.at(-1) ?? row.archive,
    archives,
    status,
    ended: isoTime(new Date()),
    reasons: [reason],
  });
}

/** Takes down a rig that was never armed: nobody was told of it, so nothing is said and no record is left. */
export const takeDownUnarmed: TakeDown = async (id, left) => {
  if (left.owner) await endOrphans(left.owner);
  await clearLeftover(placeOf(id, left));
};

/** Where a rig had written; of one whose state cannot be read only the usual place is known. */
const placeOf = (id: string, { state }: Left): WorkPlace => state?.spec ?? { id, output: { folder: outputRoot } };

/** Ends a killed rig's children, keeps what it had collected, and records that it failed. `tell` hears what was done. */
export function takeDownWith(tell: (text: string) => void): TakeDown {
  return async (id, left) => {
    if (left.owner) await endOrphans(left.owner);
    const kept = await clearLeftover(placeOf(id, left));
    const where = kept.length === 0 ? '' : `, what it had collected is in ${kept.join(', ')}`;
    tell(`${id}: its daemon was killed; cleaned up${where}`);
    await recordEnd(left, 'failed', kept, 'the daemon was killed');
  };
}

/** Ends a killed rig's children, removes what it was collecting, and records that it was destroyed: `rig destroy --force`. */
export function takeDownDiscarding(tell: (text: string) => void): TakeDown {
  return async (id, left) => {
    if (left.owner) await endOrphans(left.owner);
    await discardLeftover(placeOf(id, left));
    tell(`${id}: its daemon was killed; what it was collecting is discarded`);
    await recordEnd(left, 'destroyed', [], 'killed by rig destroy --force, what was being collected is discarded');
  };
}
