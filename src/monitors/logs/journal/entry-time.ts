/** When an entry was logged, on rig's own clock. */
import { readFileSync } from 'node:fs';
import type { JournalEntry } from './entry.ts';

let bootId: string | undefined;

/** This boot's id, as journald writes it; empty when there is none to be read. */
function ownBootId(): string {
  if (bootId !== undefined) return bootId;
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch {
    bootId = ''; // then no entry is of this boot, and the time of reading is taken
  }
  return bootId;
}

/** When journald took an entry, on the clock of `nowMs`; undefined for an entry of another boot. */
export function entryTimeMs({ bootId, monotonicUs }: JournalEntry): number | undefined {
  return bootId === ownBootId() && monotonicUs >= 0 ? monotonicUs / 1000 : undefined;
}
