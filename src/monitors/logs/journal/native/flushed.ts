/**
 * Entries that journald has copied from memory to disk: `journalctl --flush`, and at boot. They are numbered anew, but keep
 * their times and the hash of what they hold. What is in a file in memory is examined there.
 */
import { entryPartOf } from '../cursor.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';

export class Copies {
  #instant = '';
  /** How many equal entries of one microsecond are in memory, less those whose copies were met. */
  #left = new Map<string, number>();

  /** Whether an entry of a file on disk is a copy of one in memory. Of equal ones each is met once. */
  isCopy(entry: StoredEntry, inMemory: readonly JournalFile[]): boolean {
    const { bootId, monotonicUs } = entry;
    const instant = `${bootId} ${monotonicUs}`;
    if (instant !== this.#instant) {
      if (!inMemory.some(({ header }) => header.tailMonotonicUs >= monotonicUs)) return false;
      this.#instant = instant;
      this.#left = new Map();
      for (const file of inMemory) countOf(file, bootId, monotonicUs, this.#left);
    }
    const part = entryPartOf(entry.cursor());
    const left = this.#left.get(part) ?? 0;
    this.#left.set(part, left - 1);
    return left > 0;
  }
}

/** Counts the entries of a microsecond. All that is in memory is of one boot. */
function countOf(file: JournalFile, bootId: string, monotonicUs: number, counts: Map<string, number>): void {
  for (let at = firstAt(file, monotonicUs); at < file.header.entries; at++) {
    const entry = file.entryAt(at);
    if (!entry || entry.monotonicUs !== monotonicUs) return;
    if (entry.bootId !== bootId) continue;
    const part = entryPartOf(entry.cursor());
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
}

function firstAt(file: JournalFile, monotonicUs: number): number {
  let [from, to] = [0, file.header.entries];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((file.entryAt(middle)?.monotonicUs ?? 0) < monotonicUs) from = middle + 1;
    else to = middle;
  }
  return from;
}
