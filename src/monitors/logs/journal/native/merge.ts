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
  /** The next entry of each file. */
  const heads: Array<{ reading: R; place: EntryPlace }> = [];
  const addHead = (reading: R): void => {
    const entry = reading.file.entryAt(reading.next);
    if (entry) heads.push({ reading, place: placeOf(reading.file, entry) });
  };
  const attempt = (reading: R, read: (reading: R) => void): void => {
    try {
      read(reading);
    } catch (error) {
      stuck.push({ reading, error });
    }
  };
  let isStopped = false;
  for (const each of readings) attempt(each, addHead);
  while (heads.length > 0 && !isStopped) {
    heads.sort((a, b) => comparePlaces(a.place, b.place));
    const { reading } = heads.shift() as (typeof heads)[number];
    const limit = heads[0]?.place;
    attempt(reading, () => {
      reading.file.readEntries(reading.next, (entry) => {
        if (limit && compare(reading.file, entry, limit) > 0) return false;
        isStopped = !take(reading, entry);
        if (!isStopped) reading.next++;
        return !isStopped;
      });
      addHead(reading);
    });
  }
  return { isComplete: !isStopped && stuck.length === 0, stuck };
}
