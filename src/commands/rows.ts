/** What is shown of a rig that cannot be asked. */
import { type RigRow, type RigState, rowOf } from '../rig/records/rows.ts';
import type { Left, RunningRig } from '../rig/registry/meet.ts';
import { readProgress } from '../rig/registry/progress.ts';

/** A rig as `rig list` shows it. If it is of another version, little may be known. */
export type Row = Omit<RigRow, 'owner' | 'created'> & { owner: string | null; created: string | null; status: string };

/** The row of a rig that does not answer, from its files. */
export async function silentRow(state: RigState): Promise<Row> {
  return { ...rowOf(state, await readProgress(state.spec.id)), status: 'unknown' };
}

/** The row of a rig whose daemon was killed, from its files; undefined if it was never armed, or nothing is known of it. */
export const deadRow = ({ state, progress }: Left): Row | undefined =>
  state && progress && { ...rowOf(state, progress), status: 'killed' };

/** What to do about a rig whose daemon was killed, and whose guardian has not cleaned up, or not yet. */
export const deadWords = (id: string): string =>
  `${id}: its daemon was killed; rig destroy ${id} cleans up what it left`;

const textAt = (value: unknown, name: string): string | undefined => {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'string' ? found : undefined;
};

/** The monitors of a rig of this version or of version 2. */
function monitorsOf(spec: unknown): Row['monitors'] {
  const { monitors, monitor } = (spec ?? {}) as { monitors?: unknown; monitor?: unknown };
  return (Array.isArray(monitors) ? monitors : [monitor]).map((each) => ({
    monitor: textAt(each, 'name') ?? '-',
    watch: textAt(each, 'watch') ?? '-',
    condition: textAt(each, 'condition') ?? '-',
  }));
}

/** The row of a rig of another version: its id and process, and what can be read of its rig.json. */
export function foreignRow(id: string, { owner, said }: Extract<RunningRig, { kind: 'foreign' }>): Row {
  const { spec } = said as { spec?: unknown };
  return {
    id,
    pid: owner.pid,
    owner: textAt(spec, 'owner') ?? null,
    tty: textAt(spec, 'tty') ?? null,
    monitors: monitorsOf(spec),
    actions: [],
    status: 'unknown',
    created: textAt(spec, 'created') ?? null,
    triggered: null,
    triggers: 0,
    restartsLeft: 0,
    archive: null,
    archives: [],
  };
}
