/** An entry of the journal, whoever has read it. */
export interface JournalEntry {
  /** When journald took it, in microseconds since the epoch. */
  readonly realtimeUs: number;
  /** The same, in microseconds since the boot with the id `bootId`. */
  readonly monotonicUs: number;
  /** 32 hexadecimal digits. */
  readonly bootId: string;
  /** `s=..;i=..;b=..;m=..;t=..;x=..`; empty where it has none. */
  cursor(): string;
  /** The values of a field, in order: a field may occur more than once. */
  values(field: string): Buffer[];
}

/** The first value of a field as text, or undefined. */
export function textOf(entry: JournalEntry, field: string): string | undefined {
  return entry.values(field)[0]?.toString('utf8');
}

/** Which unit an entry of systemd, or of systemd-coredump, is about: see systemd.journal-fields(7). */
export const unitFields = ['UNIT', 'COREDUMP_UNIT'];
