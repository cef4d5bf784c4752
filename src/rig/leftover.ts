/** What a daemon leaves that was killed before it could put itself in order. */
import { findByEnvironment } from '../host/processes.ts';
import { ownerVariable } from '../host/programs.ts';
import { killTracers } from '../host/tracing.ts';
import { isoTime } from './paths.ts';
import {
  type EndStatus,
  type Owner,
  ownerMarker,
  type RigState,
  rowOf,
  type TakeDown,
  writeRecord,
} from './registry.ts';
import { clearLeftover, discardLeftover } from './work-folder.ts';

/** Ends every process that the dead daemon had started: they carry its mark, which no later daemon can have. */
async function endOrphans(owner: Owner): Promise<void> {
  // A gdb among them holds the process that it was dumping.
  await killTracers(await findByEnvironment(ownerVariable, ownerMarker(owner)));
}

/** Writes how a killed rig ended. Of one whose state cannot be read there is nothing to write. */
async function recordEnd(
  state: RigState | undefined,
  status: EndStatus,
  archive: string | null,
  reason: string,
): Promise<void> {
  if (state) await writeRecord({ ...rowOf(state), archive, status, ended: isoTime(new Date()), reasons: [reason] });
}

/** Takes down a rig that was never armed: nobody was told of it, so nothing is said and no record is left. */
export const takeDownUnarmed: TakeDown = async (id, _state, owner) => {
  if (owner) await endOrphans(owner);
  await clearLeftover(id);
};

/** Ends a killed rig's children, keeps what it had collected, and records that it failed. `tell` hears what was done. */
export function takeDownWith(tell: (text: string) => void): TakeDown {
  return async (id, state, owner) => {
    if (owner) await endOrphans(owner);
    const kept = await clearLeftover(id);
    tell(
      `${id}: its daemon was killed; cleaned up${kept === undefined ? '' : `, what it had collected is in ${kept}`}`,
    );
    await recordEnd(state, 'failed', kept ?? null, 'the daemon was killed');
  };
}

/** Ends a killed rig's children, removes what it had collected, and records that it was destroyed: `rig destroy --force`. */
export function takeDownDiscarding(tell: (text: string) => void): TakeDown {
  return async (id, state, owner) => {
    if (owner) await endOrphans(owner);
    await discardLeftover(id);
    tell(`${id}: its daemon was killed; what it had collected is discarded`);
    await recordEnd(state, 'destroyed', null, 'killed by rig destroy --force, what was collected is discarded');
  };
}
