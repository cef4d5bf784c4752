/** The files beside a log that carry its name as rotation changes it. */
import { type BigIntStats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namesIn } from '../../../../host/folders.ts';
import { inodeKey } from '../follow/opened-file.ts';
import { compressedPaths, isCompressedName, isRotatedName } from './rotated-names.ts';

export interface Neighbour {
  path: string;
  stat: BigIntStats;
}

/** The kernel takes birth times from a clock that lags by a tick of at most 10 ms: this covers it. */
export const clockLagMs = 50;

/** How often they are listed again, at most, and how long they are used where names change all the time: other logs wait. */
const mostTries = 10;
const patienceMs = 500;

/** So many files of a folder are looked at: whoever may write to it can make any number of them. */
const mostNeighbours = 10_000;

/** The neighbours of some paths of one log, beside those and in further `folders` that it is rotated to. */
export function listNeighbours(paths: readonly string[], folders: readonly string[]): Neighbour[] {
  return [...new Set(paths)].flatMap((path) =>
    [...new Set([dirname(path), ...folders])].flatMap((folder) =>
      namesIn(folder)
        .filter((name) => isRotatedName(name, basename(path)))
        .slice(0, mostNeighbours)
        .flatMap((name) => {
          const stat = statOf(join(folder, name));
          return stat?.isFile() ? [{ path: join(folder, name), stat }] : [];
        }),
    ),
  );
}

/** Does something with each neighbour, but the first only once it `isLate`. Returns whether it was done with all. */
export function useEach(neighbours: Neighbour[], isLate: () => boolean, use: (each: Neighbour) => void): boolean {
  return neighbours.every((each, index) => {
    if (index > 0 && isLate()) return false;
    use(each);
    return true;
  });
}

/**
 * Hands the neighbours to `use`, which returns whether it was done with all in time, and does so again while files get other names
 * meanwhile: one may have moved from a name that was still to be used to one that was not there when they were listed. Returns
 * whether all were used and the names stood still in the end.
 */
export function useNeighbours(
  list: () => Neighbour[],
  use: (neighbours: Neighbour[], isLate: () => boolean) => boolean,
): boolean {
  const endMs = performance.now() + patienceMs;
  const isLate = (): boolean => performance.now() >= endMs;
  for (let tries = 0; tries < mostTries; tries++) {
    const neighbours = list();
    if (!use(neighbours, isLate)) return false;
    if (namedIn(neighbours) === namedIn(list())) return neighbours.length < mostNeighbours;
    if (isLate()) return false;
  }
  return false;
}

/**
 * Those that were born, and written to, after `sinceMs` (since the epoch); the oldest first. Compression, unpacking and `cp -p`
 * keep the time of the last write. A file system without birth times gives none.
 */
export function bornSince(neighbours: Neighbour[], sinceMs: number): Neighbour[] {
  return neighbours
    .filter(({ stat }) => isBornSince(stat, sinceMs))
    .sort((one, other) => (one.stat.birthtimeNs < other.stat.birthtimeNs ? -1 : 1));
}

function isBornSince({ birthtimeNs, mtimeNs }: BigIntStats, sinceMs: number): boolean {
  const sinceNs = BigInt(Math.floor(sinceMs * 1e6));
  return birthtimeNs > sinceNs && mtimeNs > sinceNs;
}

/**
 * Whether a path leads to a file that was born, and written to, after `sinceMs` (since the epoch), as in {@link bornSince}. One
 * that is being unpacked gets its old time only when it is complete; until then at least its compressed form stands beside it.
 */
export function isNewFile(path: string, sinceMs: number): boolean {
  const stat = statOf(path);
  return stat !== undefined && isBornSince(stat, sinceMs) && !compressedPaths(path).some((each) => statOf(each));
}

/**
 * Those, uncompressed, that were born or written to after `sinceMs` (since the epoch): a log's copies may be among them. The
 * largest is first: a copy that was made earlier holds less.
 */
export function possibleCopies(neighbours: Neighbour[], sinceMs: number): Neighbour[] {
  const isNew = ({ stat }: Neighbour): boolean => Math.max(Number(stat.birthtimeMs), Number(stat.mtimeMs)) > sinceMs;
  const copies = neighbours.filter((each) => !isCompressedName(each.path) && isNew(each));
  return copies.sort((one, other) => (one.stat.size > other.stat.size ? -1 : 1));
}

/** Which file has which name. */
const namedIn = (neighbours: Neighbour[]): string =>
  neighbours.map(({ path, stat }) => `${path}\0${inodeKey(stat)}`).join('\0');

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A link that leads nowhere, or in a circle, is no file.
    return undefined;
  }
}
