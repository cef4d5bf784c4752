/**
 * What a journal cursor says of its entry: `s=..;i=..;b=..;m=..;t=..;x=..`, in this order. `s` is the numbering, one for each
 * chain of files; `i` the number in it; the rest is of the entry itself: boot, time since then, time of day, and a hash of
 * all that it holds.
 */

export interface EntryNumber {
  numbering: string;
  number: number;
}

const numbered = /^s=([0-9a-f]+);i=([0-9a-f]+);/;

/** Undefined for a cursor of another form: then nothing can be concluded from it. */
export function numberOf(cursor: string): EntryNumber | undefined {
  const found = numbered.exec(cursor);
  return found ? { numbering: found[1] as string, number: Number.parseInt(found[2] as string, 16) } : undefined;
}

/** The part that stays when an entry is numbered anew, as it is when journald moves it from /run to /var. */
export function entryPartOf(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b=') + 1);
}

/** Boot and time: entries that journald takes in one go have the same, and equal ones of them the same hash, too. */
export function instantOf(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b=') + 1, cursor.indexOf(';t='));
}
