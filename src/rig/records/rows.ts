/** What is known about a rig: what `rig list` shows, and the record when it has ended. Times are ISO 8601. */
import { quoteWords } from '../../terminal/shell-words.ts';
import type { RigSpec } from './spec.ts';

/** Which process a rig is. */
export interface Owner {
  pid: number;
  startTime: number;
  /** The pid namespace in which it has this pid; undefined for a rig of an older version. */
  pidNamespace?: string;
}

/** A process in one word, for file names and the environment of its children. */
export const ownerMarker = ({ pid, startTime, pidNamespace }: Owner): string =>
  [pid, startTime, pidNamespace].join('.');

/** The process of a word by {@link ownerMarker}; undefined for another word. */
export function parseMarker(text: string): Owner | undefined {
  const [, pid, startTime, pidNamespace] = /^(\d+)\.(\d+)\.(\d*)$/.exec(text) ?? [];
  return pid === undefined
    ? undefined
    : { pid: Number(pid), startTime: Number(startTime), ...(pidNamespace ? { pidNamespace } : {}) };
}

/** What `rig.json` holds. */
export interface RigState extends Owner {
  version: 3;
  spec: RigSpec;
}

/**
 * - killed: its daemon was killed
 * - stopped: somebody ended it and kept what it had
 * - destroyed: somebody ended it, and nothing that it was collecting is kept
 * - shutdown: the host went down
 */
export type EndStatus = 'finished' | 'failed' | 'killed' | 'expired' | 'stopped' | 'destroyed' | 'shutdown';
export type LiveStatus = 'starting' | 'watching' | 'collecting';

/** What `rig list` shows of a rig, live or ended. */
export interface RigRow {
  id: string;
  pid: number;
  /** Who armed it: a user name, and the terminal; null without one. */
  owner: string;
  tty: string | null;
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
export type Progress = Omit<RigRow, 'id' | 'pid' | 'owner' | 'tty' | 'monitors' | 'actions' | 'created'>;

/** The row of a rig, by its spec and how far it has got. */
export function rowOf({ pid, spec }: RigState, progress?: Progress): RigRow {
  const { id, owner, tty, created, monitors, actions, restart } = spec;
  const begun = { triggered: null, triggers: 0, restartsLeft: restart.times, archive: null, archives: [] };
  return {
    id,
    pid,
    owner,
    tty,
    monitors: monitors.map(({ name, watch, condition }) => ({ monitor: name, watch, condition })),
    actions: actions.map(({ name }) => name),
    created,
    ...begun,
    ...progress,
  };
}

/** How a rig ended: `/var/lib/rig/finished/<id>.json`. */
export interface FinishedRecord extends RigRow {
  status: EndStatus;
  ended: string;
  /** What arms it again, for a shell. */
  commandLine: string;
  /** What went wrong, one line each. */
  reasons: string[];
}

/** The command line that arms a rig again, for a shell. */
export const commandLineOf = ({ commandLine }: RigSpec): string => `rig ${quoteWords(commandLine)}`;

/** Why a rig has ended that the host's shutdown has ended. */
export function shutdownReason(spec: RigSpec, triggers: number): string {
  const when = triggers === 0 ? 'never triggered' : `after ${triggers} ${triggers === 1 ? 'trigger' : 'triggers'}`;
  return `ended by the host's shutdown, ${when}; to arm it again: ${commandLineOf(spec)}`;
}

/** The end of a rig in one line, for logs. */
export const endWords = ({ status, archive, reasons }: FinishedRecord): string =>
  [`${status}${archive === null ? '' : `, ${archive}`}`, ...reasons].join('; ');
