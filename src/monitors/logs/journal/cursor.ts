/**
 * Journal cursors: `s=..;i=..;b=..;m=..;t=..;x=..`, in this order. `s` names the numbering, one for each chain of files, and
 * `i` is the number in it. The rest belongs to the entry itself: its boot, the time since then, the time of day, and a hash of
 * its content.
 */

export interface EntryNumber {
  numbering: string;
  number: number;
}

/** Where an entry belongs among all others. */
export interface EntryPlace extends EntryNumber {
  bootId: string;
  monotonicUs: number;
  realtimeUs: number;
}

const form = /^s=([0-9a-f]+);i=([0-9a-f]+);b=([0-9a-f]+);m=([0-9a-f]+);t=([0-9a-f]+);/;

/** The place of the entry with a cursor; undefined for a cursor of another form. */
export function placeOfCursor(cursor: string): EntryPlace | undefined {
  const found = form.exec(cursor);
  if (!found) return undefined;
  const [, numbering = '', number = '', bootId = '', monotonicUs = '', realtimeUs = ''] = found;
  const parse = (hex: string): number => Number.parseInt(hex, 16);
  return {
    numbering,
    number: parse(number),
    bootId,
    monotonicUs: parse(monotonicUs),
    realtimeUs: parse(realtimeUs),
  };
}

/** The part that stays when journald moves the entry from /run to /var, where it gets a new number. */
export function entryPartOf(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b=') + 1);
}
