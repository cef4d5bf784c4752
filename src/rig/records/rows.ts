/** What is known about a rig: what `rig list` shows, and the record when it has ended. Times are ISO 8601. */
import type { RigSpec } from './spec.ts';

/** Which process a rig is. */
export interface Owner {
  pid: number;
  startTime: number;
}

/** A process in one word, for file names and the environment of its children. */
export const ownerMarker = ({ pid, startTime }: Owner): string => `${pid}.${startTime}`;

/** The process of a word by {@link ownerMarker}; undefined for another word. */
export function parseMarker(text: string): Owner | undefined {
  const [, pid, startTime] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTime: Number(startTime) };
}

/** What `rig.json` holds. */
export interface RigState extends Owner {
  version: 3;
  spec: RigSpec;
}

export type EndStatus = 'finished' | 'failed' | 'destroyed' | 'expired';
export type LiveStatus = 'starting' | 'watching' | 'triggered';

/** What `rig list` shows of a rig, live or ended. */
export interface RigRow {
  id: string;
  pid: number;
  monitors: { monitor: string; watch: string; condition: string }[];
  actions: string[];
  created: string;
  /** The last trigger. */
  triggered: string | null;
  triggers: number;
  /** -1: without end. */
  restartsLeft: number;
  /** The last archive, or the folder that was kept instead. */
  archive: string | null;
  /** All archives that are kept, at most the last hundred. */
  archives: string[];
  /** With a cooldown: until when triggers are passed over; null if they are not. */
  cooldownEnds?: string | null;
  /** With --max-per-hour: how many triggers there were in the last hour. */
  triggersInHour?: number;
}

/** How far a rig has got: `progress.json`, written when it is armed, at each trigger, and when an archive is ready. */
export type Progress = Omit<RigRow, 'id' | 'pid' | 'monitors' | 'actions' | 'created'>;

/** The row of a rig, by its spec and how far it has got. */
export function rowOf({ pid, spec }: RigState, progress?: Progress): RigRow {
  const { id, created, monitors, actions, restart } = spec;
  const begun = { triggered: null, triggers: 0, restartsLeft: restart.times, archive: null, archives: [] };
  return {
    id,
    pid,
    monitors: monitors.map(({ name, watch, condition }) => ({ monitor: name, watch, condition })),
    actions: actions.map(({ name }) => name),
    created,
    ...begun,
    ...progress,
  };
}

/** How a rig ended: `/run/rig/finished/<id>.json`. */
export interface FinishedRecord extends RigRow {
  status: EndStatus;
  ended: string;
  /** What went wrong, one line each. */
  reasons: string[];
}
