/** The order of entries that stand in different files, as journalctl has it. */
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';

/** Where an entry belongs. */
export interface Place {
  numbering: string;
  number: number;
  bootId: string;
  monotonicUs: number;
  realtimeUs: number;
}

export function placeOf({ seqnumId }: JournalFile, entry: StoredEntry): Place {
  const { seqnum, bootId, monotonicUs, realtimeUs } = entry;
  return { numbering: seqnumId, number: seqnum, bootId, monotonicUs, realtimeUs };
}

const cursorForm = /^s=([0-9a-f]+);i=([0-9a-f]+);b=([0-9a-f]+);m=([0-9a-f]+);t=([0-9a-f]+);/;

/** The place of the entry with a cursor; undefined for a cursor of another form. */
export function placeOfCursor(cursor: string): Place | undefined {
  const [, numbering, number, bootId, monotonic, realtime] = cursorForm.exec(cursor) ?? [];
  if (!numbering || !number || !bootId || !monotonic || !realtime) return undefined;
  const [seqnum, monotonicUs, realtimeUs] = [number, monotonic, realtime].map((hex) => Number.parseInt(hex, 16));
  return { numbering, number: seqnum ?? 0, bootId, monotonicUs: monotonicUs ?? 0, realtimeUs: realtimeUs ?? 0 };
}

/**
 * Less than 0 if `a` comes first, more if `b` does: by their numbers where they are numbered together, by the clock that
 * nobody sets where they are of one boot, else by the time of day. What journald takes in one go has one time, and is numbered
 * in its order also where it goes to files of different numberings.
 */
export function comparePlaces(a: Place, b: Place): number {
  if (a.numbering === b.numbering) return a.number - b.number;
  if (a.bootId === b.bootId) return a.monotonicUs - b.monotonicUs || a.number - b.number;
  return a.realtimeUs - b.realtimeUs;
}

/** The same for an entry and a place. */
export function compare(file: JournalFile, entry: StoredEntry, place: Place): number {
  // The usual case needs only one figure of the entry.
  if (file.seqnumId === place.numbering) return entry.seqnum - place.number;
  return comparePlaces(placeOf(file, entry), place);
}

/** The ordinal of the first entry of a file that belongs behind a place, or at it. */
export function firstFrom(file: JournalFile, place: Place): number {
  let [from, to] = [0, file.header.entries];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const entry = file.entryAt(middle);
    if (entry && compare(file, entry, place) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}
