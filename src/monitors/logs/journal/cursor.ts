/**
 * Journal cursors: `s=..;i=..;b=..;m=..;t=..;x=..`, in this order. `s` names the numbering, one for each chain of files, and
 * `i` is the number in it. The rest belongs to the entry itself: its boot, the time since then, the time of day, and a hash of
 * its content.
 */

export interface EntryNumber {
  numbering: string;
  number: number;
}

const numbered = /^s=([0-9a-f]+);i=([0-9a-f]+);/;

/** Undefined for a cursor of another form. */
export function numberOf(cursor: string): EntryNumber | undefined {
  const found = numbered.exec(cursor);
  return found ? { numbering: found[1] as string, number: Number.parseInt(found[2] as string, 16) } : undefined;
}

/** The part that stays when journald moves the entry from /run to /var, where it gets a new number. */
export function entryPartOf(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b=') + 1);
}

/** Boot and time. Entries that journald takes in one go have the same. */
export function instantOf(cursor: string): string {
  return cursor.slice(cursor.indexOf(';b=') + 1, cursor.indexOf(';t='));
}
