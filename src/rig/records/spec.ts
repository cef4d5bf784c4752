import { randomInt } from 'node:crypto';
import { UsageError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import type { Space } from '../../options/table.ts';
import type { Gives } from '../../plugin.ts';

/** How archives are compressed. */
export const compressions = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** Everything that makes a rig, as plain data: the command line's part ends here, the daemon's begins. */
export interface RigSpec {
  id: string;
  /** ISO 8601. */
  created: string;
  /** The arguments as they were typed, for the manifest and `rig list`. */
  commandLine: string[];
  monitors: PlannedMonitor[];
  /** All monitors must be met within this time; undefined: any of them is enough. */
  allWithinMs?: number;
  /** In the order in which they run. */
  actions: PlannedAction[];
  /** How long to wait between the trigger and the actions. */
  delayMs: number;
  /** How often actions that can be repeated run once more, and how long after the last time. */
  repeat: { times: number; delayMs: number };
  restart: RestartRules;
  /** When it ends by itself; `triggers`: its actions run then, unless it has triggered before. */
  expiry?: { afterMs: number; triggers: boolean } | undefined;
  output: OutputRules;
  /** Whether what is not urgent leaves the processor and the disk to others. */
  nice: boolean;
  /** The program that is run when the rig has ended. */
  notify?: { program: string; args: string[] } | undefined;
  debug: boolean;
}

export interface PlannedMonitor {
  name: string;
  plan: Json;
  /** What is watched and what makes it trigger, in a few words. */
  watch: string;
  condition: string;
  gives: Gives[];
  when: ConditionRules;
}

/** When sightings and readings make a trigger. */
export interface ConditionRules {
  /** The Nth sighting. */
  count: number;
  /** The time for `count`, and for `sequence`. */
  withinMs?: number | undefined;
  /** None for so long. */
  absentMs?: number | undefined;
  /** Each kind of sighting is counted by itself, and makes so many triggers. */
  distinct?: number | undefined;
  /** A sighting of the second slot must follow, or must not. */
  sequence?: 'then' | 'unless' | undefined;
  /** How long a level must be met, and at how many looks in a row. */
  forMs: number;
  cycles: number;
}

export interface PlannedAction {
  name: string;
  plan: Json;
  timeoutMs: number;
}

/** Whether and when a rig triggers once more. */
export interface RestartRules {
  /** How often it watches again after a trigger; -1: for ever. */
  times: number;
  /** How long after a trigger further ones are passed over. */
  cooldownMs?: number | undefined;
  maxPerHour?: number | undefined;
}

/** Where what is collected goes, and in which form. */
export interface OutputRules {
  /** The folder of the results, and of the work folder. */
  folder: string;
  /** False: the folder is kept as it is. */
  archive: boolean;
  compression: Compression;
  /** How much must stay free there; undefined: 1 GiB or 5 %, whichever is more. */
  minFree?: Space | undefined;
  /** Of a restarting rig's results only the newest are kept: at most this number, and this many bytes together. */
  keep?: number | undefined;
  mostBytes?: number | undefined;
}

/** Words that stand for something else where an id is expected. */
const reservedIds = ['all', 'finished'];

/**
 * Checks a --name. It becomes part of file names and of a systemd unit name, so it is letters, digits, dots, dashes and
 * underscores, at most 64, beginning with a letter or digit. Throws a UsageError.
 */
export function checkName(name: string): string {
  if (name.length > 64) throw new UsageError(`--name: at most 64 characters, got ${name.length}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || name.includes('..'))
    throw new UsageError(
      `--name: letters, digits, "-", "_" and single dots, beginning with a letter or digit, got ${JSON.stringify(name)}`,
    );
  if (reservedIds.includes(name)) throw new UsageError(`--name: "${name}" has a meaning of its own, choose another`);
  return name;
}

/** Five random lower-case letters. */
export function randomId(): string {
  return Array.from({ length: 5 }, () => String.fromCharCode(97 + randomInt(26))).join('');
}
