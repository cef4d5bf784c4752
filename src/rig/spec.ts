import { randomInt } from 'node:crypto';
import { UsageError } from '../errors.ts';
import type { Json } from '../json.ts';

/** Everything that makes a rig, as plain data: the command line's part ends here, the daemon's begins. */
export interface RigSpec {
  id: string;
  /** ISO 8601. */
  created: string;
  /** The arguments as they were typed, for the manifest and `rig list`. */
  commandLine: string[];
  monitor: { name: string; plan: Json; watch: string; condition: string };
  /** In the order in which they run. */
  actions: { name: string; plan: Json; timeoutMs: number }[];
  /** False: the folder is kept as it is. */
  archive: boolean;
  debug: boolean;
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
