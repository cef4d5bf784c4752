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
  let open = readings.filter(hasMore).map((reading) => ({ reading, head: undefined as EntryPlace | undefined }));
  let isStopped = false;
  while (open.length > 0 && !isStopped) {
    const [first, second] = open.length === 1 ? open : sortByHead(open, stuck);
    if (!first) break;
    const { reading } = first;
    const limit = second?.head;
    first.head = undefined;
    try {
      reading.file.readEntries(reading.next, (entry) => {
        if (limit !== undefined && compare(reading.file, entry, limit) > 0) return false;
        isStopped = !take(reading, entry);
        if (!isStopped) reading.next++;
        return !isStopped;
      });
    } catch (error) {
      stuck.push({ reading, error });
    }
    open = open.filter((each) => hasMore(each.reading) && !stuck.some((one) => one.reading === each.reading));
  }
  return { isComplete: !isStopped && stuck.length === 0, stuck };
}

function hasMore({ file, next }: Reading): boolean {
  return next < file.header.entries;
}

/** Puts the file first whose next entry comes first; leaves out those that are stuck. */
function sortByHead<R extends Reading>(
  open: Array<{ reading: R; head: EntryPlace | undefined }>,
  stuck: Array<Stuck<R>>,
) {
  for (const each of open) {
    if (each.head) continue;
    try {
      const entry = each.reading.file.entryAt(each.reading.next);
      each.head = entry && placeOf(each.reading.file, entry);
    } catch (error) {
      stuck.push({ reading: each.reading, error });
    }
  }
  const readable = open.filter(({ head }) => head !== undefined);
  return readable.sort((a, b) => comparePlaces(a.head as EntryPlace, b.head as EntryPlace));
}
