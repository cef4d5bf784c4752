import { randomInt } from 'node:crypto';
import { UsageError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import type { Space } from '../../options/table.ts';
import type { Gives } from '../../plugin.ts';

/** How archives are compressed. */
export const compressions = ['gzip', 'zstd', 'none'] as const;
export type Compression = (typeof compressions)[number];

/** Everything that makes a rig, as plain data: the command line makes it, the daemon takes it. */
export interface RigSpec {
  id: string;
  /** ISO 8601. */
  created: string;
  /** Who armed it: a user name, and the terminal; null without one. */
  owner: string;
  tty: string | null;
  /** The arguments as they were typed. */
  commandLine: string[];
  monitors: PlannedMonitor[];
  /** The time within which all monitors must be met; undefined: any of them is enough. */
  allWithinMs?: number;
  /** In the order in which they run. */
  actions: PlannedAction[];
  /** How long to wait between the trigger and the actions. */
  delayMs: number;
  /** How often repeatable actions run again, and how long after the last time. */
  repeat: { times: number; delayMs: number };
  restart: RestartRules;
  /** When it ends without a trigger; `triggers`: its actions run then. */
  expiry?: { afterMs: number; triggers: boolean } | undefined;
  output: OutputRules;
  /** Whether programs run at low priority. */
  nice: boolean;
  /** Whether programs are run that others than root can change. */
  trustPath: boolean;
  /** The program to run when the rig has ended. */
  notify?: { program: string; args: string[] } | undefined;
  debug: boolean;
}

export interface PlannedMonitor {
  name: string;
  plan: Json;
  /** In a few words: what it watches and what makes it trigger. */
  watch: string;
  condition: string;
  gives: Gives[];
  when: ConditionRules;
}

/** When sightings and readings make a trigger. */
export interface ConditionRules {
  /** The Nth sighting. */
  count: number;
  /** The time for `count` or `sequence`. */
  withinMs?: number | undefined;
  /** No sighting for this long. */
  absentMs?: number | undefined;
  /** Each kind of sighting is counted by itself and makes this many triggers. */
  distinct?: number | undefined;
  /** Whether a sighting of the second slot must follow, or must not. */
  sequence?: 'then' | 'unless' | undefined;
  /** A level must be met for this long, and at this many looks in a row. */
  forMs: number;
  cycles: number;
}

export interface PlannedAction {
  name: string;
  plan: Json;
  timeoutMs: number;
}

/** Whether and when a rig triggers again. */
export interface RestartRules {
  /** How often it watches again after a trigger; -1: for ever. */
  times: number;
  /** How long after a trigger further ones are passed over. */
  cooldownMs?: number | undefined;
  maxPerHour?: number | undefined;
}

/** Where the results go, and in which form. */
export interface OutputRules {
  /** The folder of the results, and of the work folder. */
  folder: string;
  /** False: the result is a folder. */
  archive: boolean;
  compression: Compression;
  /** How much of the disk must stay free; undefined: 1 GiB or 5 %, whichever is more. */
  minFree?: Space | undefined;
  /** A restarting rig keeps only its newest results: at most this many, and at most this many bytes together. */
  keep?: number | undefined;
  mostBytes?: number | undefined;
}

/** Words that mean something else in the place of an id. */
const reservedIds = ['all'];

/**
 * Checks a --name. It becomes part of file names and of a systemd unit name. Throws a UsageError.
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
