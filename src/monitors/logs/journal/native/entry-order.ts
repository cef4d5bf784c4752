/** The order of entries in different files, as journalctl has it. */
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';

/** Where an entry belongs among all others. */
export interface EntryPlace {
  numbering: string;
  number: number;
  bootId: string;
  monotonicUs: number;
  realtimeUs: number;
}

export function placeOf({ seqnumId }: JournalFile, entry: StoredEntry): EntryPlace {
  const { seqnum, bootId, monotonicUs, realtimeUs } = entry;
  return { numbering: seqnumId, number: seqnum, bootId, monotonicUs, realtimeUs };
}

const cursorForm = /^s=([0-9a-f]+);i=([0-9a-f]+);b=([0-9a-f]+);m=([0-9a-f]+);t=([0-9a-f]+);/;

/** The place of the entry with a cursor; undefined for a cursor of another form. */
export function placeOfCursor(cursor: string): EntryPlace | undefined {
  const found = cursorForm.exec(cursor);
  if (!found) return undefined;
  const [, numbering, number, bootId, monotonicUs, realtimeUs] = found as unknown as string[];
  const parse = (hex = ''): number => Number.parseInt(hex, 16);
  return {
    numbering: numbering as string,
    number: parse(number),
    bootId: bootId as string,
    monotonicUs: parse(monotonicUs),
    realtimeUs: parse(realtimeUs),
  };
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
