/** What is shown of a rig that does not say it itself. */
import { type RigRow, type RigState, rowOf } from '../rig/records/rows.ts';
import type { LiveRig } from '../rig/registry/meet.ts';
import { readProgress } from '../rig/registry/progress.ts';

/** A rig of this host as `rig list` shows it; of one of another version little may be known. */
export type Row = Omit<RigRow, 'created'> & { created: string | null; status: string };

/** One that does not answer: what its files say. */
export async function silentRow(state: RigState): Promise<Row> {
  return { ...rowOf(state, await readProgress(state.spec.id)), status: 'not responding' };
}

const textAt = (value: unknown, name: string): string | undefined => {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'string' ? found : undefined;
};

/** Its monitors, as this version or version 2 has them. */
function monitorsOf(spec: unknown): Row['monitors'] {
  const { monitors, monitor } = (spec ?? {}) as { monitors?: unknown; monitor?: unknown };
  return (Array.isArray(monitors) ? monitors : [monitor]).map((each) => ({
    monitor: textAt(each, 'name') ?? '-',
    watch: textAt(each, 'watch') ?? '-',
    condition: textAt(each, 'condition') ?? '-',
  }));
}

/** One of another version: its id and process, and what its rig.json has that reads like ours. */
export function foreignRow(id: string, { owner, said }: Extract<LiveRig, { kind: 'foreign' }>): Row {
  const { spec } = said as { spec?: unknown };
  return {
    id,
    pid: owner.pid,
    monitors: monitorsOf(spec),
    actions: [],
    status: 'other version',
    created: textAt(spec, 'created') ?? null,
    triggered: null,
    triggers: 0,
    restartsLeft: 0,
    archive: null,
    archives: [],
  };
}
