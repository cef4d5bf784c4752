/** When an entry was logged, on rig's own clock. */
import { readBootId } from '../../../host/boot.ts';
import type { JournalEntry } from './entry.ts';

/** When journald took an entry, on the monotonic clock; undefined for an entry of another boot. */
export function entryTimeMs({ bootId, monotonicUs }: JournalEntry): number | undefined {
  return bootId !== '' && bootId === readBootId() && monotonicUs >= 0 ? monotonicUs / 1000 : undefined;
}
