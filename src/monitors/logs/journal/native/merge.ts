/** Reads several files as one. */
import type { EntryPlace } from '../cursor.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';
import { compare, comparePlaces, placeOf } from './entry-order.ts';

/** A file that is being read. */
export interface Reading {
  readonly file: JournalFile;
  /** The ordinal of the next entry. */
  next: number;
}

/** A file that could not be read on. */
export interface Stuck<R> {
  reading: R;
  error: unknown;
}

/**
 * Gives the entries of the files in the order in which they were logged, from the `next` of each up to what its header said,
 * until `take` returns false: that entry is not taken. Moves `next` on. Returns whether everything was read, and the files that
 * could not be.
 */
export function readMerged<R extends Reading>(
  readings: readonly R[],
  take: (reading: R, entry: StoredEntry) => boolean,
): { isComplete: boolean; stuck: Array<Stuck<R>> } {
  const stuck: Array<Stuck<R>> = [];
  let isStopped = false;
  for (;;) {
    const [first, second] = headsOf(readings, stuck);
    if (!first) return { isComplete: stuck.length === 0, stuck };
    const { reading } = first;
    try {
      reading.file.readEntries(reading.next, (entry) => {
        if (second && compare(reading.file, entry, second.place) > 0) return false;
        isStopped = !take(reading, entry);
        if (!isStopped) reading.next++;
        return !isStopped;
      });
    } catch (error) {
      stuck.push({ reading, error });
    }
    if (isStopped) return { isComplete: false, stuck };
  }
}

/** The next entry of each file that can be read, the first one first. Adds the other files to `stuck`. */
function headsOf<R extends Reading>(readings: readonly R[], stuck: Array<Stuck<R>>) {
  const heads: Array<{ reading: R; place: EntryPlace }> = [];
  for (const reading of readings) {
    if (stuck.some((each) => each.reading === reading)) continue;
    try {
      const entry = reading.file.entryAt(reading.next);
      if (entry) heads.push({ reading, place: placeOf(reading.file, entry) });
    } catch (error) {
      stuck.push({ reading, error });
    }
  }
  return heads.sort((a, b) => comparePlaces(a.place, b.place));
}
