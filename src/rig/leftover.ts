/** What a daemon leaves that was killed before it could put itself in order. */
import { findByEnvironment } from '../host/processes.ts';
import { ownerVariable } from '../host/programs.ts';
import { killTracers } from '../host/tracing.ts';
import { isoTime } from './paths.ts';
import { ownerMarker, type RigState, type TakeDown, writeRecord } from './registry.ts';
import { clearLeftover } from './work-folder.ts';

/** Ends every process that the dead daemon had started: they carry its mark, which no later daemon can have. */
async function endOrphans(state: RigState): Promise<void> {
  // A gdb among them holds the process that it was dumping.
  await killTracers(await findByEnvironment(ownerVariable, ownerMarker(state)));
}

/** Ends its children, keeps what it had collected, and records that it failed. `tell` hears what was done. */
export function takeDownWith(tell: (text: string) => void): TakeDown {
  return async (id, state) => {
    if (state) await endOrphans(state);
    const kept = await clearLeftover(id);
    tell(
      `${id}: its daemon was killed; cleaned up${kept === undefined ? '' : `, what it had collected is in ${kept}`}`,
    );
    if (!state) return;
    const { spec } = state;
    await writeRecord({
      id,
      pid: state.pid,
      monitor: spec.monitor.name,
      watch: spec.monitor.watch,
      condition: spec.monitor.condition,
      actions: spec.actions.map(({ name }) => name),
      status: 'failed',
      created: spec.created,
      triggered: null,
      ended: isoTime(new Date()),
      archive: kept ?? null,
      reasons: ['the daemon was killed'],
    });
  };
}
