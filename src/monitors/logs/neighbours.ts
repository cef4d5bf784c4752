/** Files that were created under a watched name and renamed again before anyone looked: two rotations in quick succession. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { identityOf } from './followed-file.ts';

/** What rotation adds to a name: `.1`, `-20261122`, `.old`. Compressed files are left out: what they hold was read before. */
const rotated = /^(?:[.\-_]\d[\d.\-_:T]*|\.old|\.bak|~)$/;

/**
 * The files beside `path` that carry its name with an addition (`.1`, `-20261122`), were born after `bornAfterMs` (since
 * the epoch), and are not known by their identity; oldest first. A file system without birth times gives none.
 */
export function findNewNeighbours(path: string, bornAfterMs: number, isKnown: (identity: string) => boolean): string[] {
  const folder = dirname(path);
  const name = basename(path);
  const found: Array<{ path: string; bornNs: bigint }> = [];
  for (const other of namesIn(folder)) {
    if (!other.startsWith(name) || !rotated.test(other.slice(name.length))) continue;
    const otherPath = join(folder, other);
    const stat = statSync(otherPath, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile() || isKnown(identityOf(stat))) continue;
    if (stat.birthtimeNs > BigInt(Math.floor(bornAfterMs * 1e6)))
      found.push({ path: otherPath, bornNs: stat.birthtimeNs });
  }
  return found.sort((a, b) => (a.bornNs < b.bornNs ? -1 : 1)).map((each) => each.path);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The folder is gone, and with it what was in it.
    return [];
  }
}
