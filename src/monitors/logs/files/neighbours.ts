/**
 * Files that were created under a watched name and renamed again before anyone looked: two rotations in quick succession, or
 * while rig was stopped.
 */
import type { BigIntStats } from 'node:fs';
import { statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { namesIn } from '../../../host/folders.ts';
import { identityOf } from './followed-file.ts';

/** What rotation adds to a name: `.1`, `-20261122`, `.old`; behind it, what compression adds. */
const rotated = /^(?:[.\-_]\d[\d.\-_:T]*|\.old|\.bak|~)$/;
const compressed = /\.(?:gz|zst|xz|bz2)$/;

const date = /^[.\-_](?:\d{6}|\d{4}-\d\d)/;

export interface Neighbour {
  path: string;
  identity: string;
  /** As {@link bornAs}. */
  born: string;
  isCompressed: boolean;
  /** Born before, and renamed or written since: perhaps a copy that took the name, and was rotated away in its turn. */
  isOlder: boolean;
}

/** A name, or path, without what stands behind its last dot. */
const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/** Whether a name is `name` as rotation changes it: `app.log.1.gz`, `app.log-20261122`, `app-20261122.log`. */
export function isRotatedName(other: string, name: string): boolean {
  const stem = stemOf(name);
  if (!other.startsWith(stem)) return false;
  const plain = other.replace(compressed, '');
  if (plain.startsWith(name) && rotated.test(plain.slice(name.length))) return true;
  const extension = extname(name);
  if (extension === '' || !plain.endsWith(extension)) return false;
  return rotated.test(plain.slice(stem.length, -extension.length));
}

/**
 * Whether a path is that of a log after its rotation. A short number within the name is not taken for one: `app-2.log` beside
 * `app.log` is as likely a log of its own, and `app-20261122.log` is not.
 */
export function isRotationOf(path: string, log: string): boolean {
  // Asked of each pair of thousands of files: the name is longer, and nearly all begin otherwise.
  if (path.length <= log.length || !path.startsWith(stemOf(log))) return false;
  const [name, original] = [basename(path), basename(log)];
  if (dirname(path) !== dirname(log) || !isRotatedName(name, original)) return false;
  return name.startsWith(original) || date.test(name.slice(stemOf(original).length));
}

/** Whether a name ends as compressed files do. */
export const isCompressedName = (name: string): boolean => compressed.test(name);

/** A file that carries a log's name as rotation changes it. */
export interface Rotated {
  path: string;
  stat: BigIntStats;
}

/** The files beside `path`, or in other `folders` that it is rotated to, that carry its name as rotation changes it. */
export function listRotated(path: string, folders: string[]): Rotated[] {
  return [...new Set([dirname(path), ...folders])].flatMap((folder) =>
    namesIn(folder)
      .filter((other) => isRotatedName(other, basename(path)))
      .flatMap((other) => {
        const stat = statOf(join(folder, other));
        return stat?.isFile() ? [{ path: join(folder, other), stat }] : [];
      }),
  );
}

/** Whether the same files have the same names in two lists, in the same order. */
export function haveSameNames(one: Rotated[], other: Rotated[]): boolean {
  const named = (list: Rotated[]): string => list.map(({ path, stat }) => `${path}\0${identityOf(stat)}`).join('\0');
  return named(one) === named(other);
}

/**
 * Those that were born or given their name after `sinceMs` (since the epoch), and are not known by their identity; oldest first.
 * A file system without birth times gives none. One that was born since counts only if what it holds was also written after that:
 * compression, unpacking and `cp -p` keep the time.
 */
export function findNewNeighbours(
  rotated: Rotated[],
  sinceMs: number,
  isKnown: (identity: string) => boolean,
): Neighbour[] {
  const found: Array<Neighbour & { atNs: bigint }> = [];
  const sinceNs = BigInt(Math.floor(sinceMs * 1e6));
  for (const { path, stat } of rotated) {
    const identity = identityOf(stat);
    if (isKnown(identity) || stat.ctimeNs <= sinceNs || stat.birthtimeNs === 0n) continue;
    const isOlder = stat.birthtimeNs <= sinceNs;
    const isCompressed = isCompressedName(path);
    if (isOlder ? isCompressed : stat.mtimeNs <= sinceNs) continue;
    const atNs = isCompressed ? stat.mtimeNs : stat.birthtimeNs;
    found.push({ path, identity, born: bornAs(stat), isCompressed, isOlder, atNs });
  }
  return found.sort((a, b) => (a.atNs < b.atNs ? -1 : 1));
}

/** What tells a file, by identity and birth, from all others also when it is gone: its number then goes to another. */
export const bornAs = (stat: BigIntStats): string => `${identityOf(stat)} ${stat.birthtimeNs}`;

/**
 * Those, uncompressed, that were born or written after `sinceMs` (since the epoch): a log's copies may be among them. The largest
 * is first: one that was made before holds less.
 */
export function findCopies(rotated: Rotated[], sinceMs: number): Rotated[] {
  const isNew = ({ stat }: Rotated): boolean => Math.max(Number(stat.birthtimeMs), Number(stat.mtimeMs)) > sinceMs;
  const copies = rotated.filter((each) => !isCompressedName(each.path) && isNew(each));
  return copies.sort((one, other) => (one.stat.size > other.stat.size ? -1 : 1));
}

function statOf(path: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // A link that leads nowhere, or in a circle, is no file.
    return undefined;
  }
}
