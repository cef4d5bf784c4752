/** What a daemon leaves that was killed before it could put itself in order. */
import { findByEnvironment } from '../host/processes.ts';
import { ownerVariable } from '../host/programs.ts';
import { killTracers } from '../host/tracing.ts';
import { isoTime, outputRoot } from './paths.ts';
import { ownerMarker, type RigState, rowOf, type TakeDown, writeRecord } from './registry.ts';
import { clearLeftover, type WorkPlace } from './work-folder.ts';

/** Ends every process that the dead daemon had started: they carry its mark, which no later daemon can have. */
async function endOrphans(state: RigState): Promise<void> {
  // A gdb among them holds the process that it was dumping.
  await killTracers(await findByEnvironment(ownerVariable, ownerMarker(state)));
}

/** Takes down a rig that was never armed: nobody was told of it, so nothing is said and no record is left. */
export const takeDownUnarmed: TakeDown = async (id, state) => {
  if (state) await endOrphans(state);
  await clearLeftover(placeOf(id, state));
};

/** Where a rig had written; of one whose state cannot be read only the usual place is known. */
const placeOf = (id: string, state: RigState | undefined): WorkPlace =>
  state?.spec ?? { id, output: { folder: outputRoot } };

/** Ends a killed rig's children, keeps what it had collected, and records that it failed. `tell` hears what was done. */
export function takeDownWith(tell: (text: string) => void): TakeDown {
  return async (id, state, progress) => {
    if (state) await endOrphans(state);
    const kept = await clearLeftover(placeOf(id, state));
    const where = kept.length === 0 ? '' : `, what it had collected is in ${kept.join(', ')}`;
    tell(`${id}: its daemon was killed; cleaned up${where}`);
    if (!state) return;
    const ended = isoTime(new Date());
    const reasons = ['the daemon was killed'];
    const row = rowOf(state, progress);
    await writeRecord({ ...row, archive: kept.at(-1) ?? null, archives: kept, status: 'failed', ended, reasons });
  };
}
