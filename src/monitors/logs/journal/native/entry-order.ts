/** The order of entries in different files, as journalctl has it. */
import type { EntryPlace } from '../cursor.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';

export function placeOf({ seqnumId }: JournalFile, entry: StoredEntry): EntryPlace {
  const { seqnum, bootId, monotonicUs, realtimeUs } = entry;
  return { numbering: seqnumId, number: seqnum, bootId, monotonicUs, realtimeUs };
}

/**
 * Negative if `a` comes first, positive if `b` does. Entries of one numbering are ordered by their numbers, those of one boot
 * by the monotonic clock, all others by the time of day. Entries that journald took in one go have the same time; their numbers
 * are in order even where they went to files of different numberings.
 */
export function comparePlaces(a: EntryPlace, b: EntryPlace): number {
  if (a.numbering === b.numbering) return a.number - b.number;
  if (a.bootId === b.bootId) return a.monotonicUs - b.monotonicUs || a.number - b.number;
  return a.realtimeUs - b.realtimeUs;
}

/** The same for an entry and a place. */
export function compare(file: JournalFile, entry: StoredEntry, place: EntryPlace): number {
  // In the usual case one figure of the entry is enough.
  if (file.seqnumId === place.numbering) return entry.seqnum - place.number;
  return comparePlaces(placeOf(file, entry), place);
}

/** The ordinal of the first entry of a file of which `isBefore` is false. The entries before it must all be before. */
export function firstNot(file: JournalFile, isBefore: (entry: StoredEntry) => boolean): number {
  let [from, to] = [0, file.header.entries];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const entry = file.entryAt(middle);
    if (entry && isBefore(entry)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The ordinal of the first entry of a file that is at a place or behind it. */
export function firstFrom(file: JournalFile, place: EntryPlace): number {
  return firstNot(file, (entry) => compare(file, entry, place) < 0);
}
