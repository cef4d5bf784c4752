/** Entries that are not news though they have come to a file only now: those from before arming, and copies. */
import { type EntryPlace, entryPartOf } from '../cursor.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';
import { firstNot } from './entry-order.ts';
import type { HeldFile } from './held-file.ts';

export class OldEntries {
  /** The last entry at arming, and the last number of each numbering. */
  #armedPlace: EntryPlace | undefined;
  #armedNumbers = new Map<string, number>();
  #inMemory: JournalFile[] = [];

  arm(place: EntryPlace | undefined, numbers: Map<string, number>): void {
    this.#armedPlace = place;
    this.#armedNumbers = numbers;
  }

  /** Sets the files of a look. */
  use(files: readonly HeldFile[]): void {
    this.#inMemory = files.filter(({ isRuntime }) => isRuntime).map(({ file }) => file);
  }

  has(held: HeldFile, entry: StoredEntry): boolean {
    const mayBeCopy = !held.isRuntime && this.#inMemory.length > 0;
    if (!held.isNew && !mayBeCopy) return false;
    return this.#isFromBefore(held.file, entry) || (mayBeCopy && this.#inMemory.some((file) => hasCopy(file, entry)));
  }

  #isFromBefore({ seqnumId }: JournalFile, entry: StoredEntry): boolean {
    const place = this.#armedPlace;
    if (!place) return false;
    const known = this.#armedNumbers.get(seqnumId);
    if (known !== undefined && entry.seqnum <= known) return true;
    if (entry.bootId === place.bootId) return entry.monotonicUs < place.monotonicUs;
    return known === undefined && entry.realtimeUs < place.realtimeUs;
  }
}

/**
 * Whether a file in memory has an entry that also is in a file on disk: journald copies entries there at boot and with
 * `journalctl --flush`. They get new numbers, but keep their times and the hash of their content. Rig examines them in memory.
 */
function hasCopy(file: JournalFile, entry: StoredEntry): boolean {
  const { monotonicUs } = entry;
  if (file.header.tailMonotonicUs < monotonicUs) return false;
  const part = entryPartOf(entry.cursor());
  // All that is in memory is of one boot, so the times ascend.
  const first = firstNot(file, (other) => other.monotonicUs < monotonicUs);
  for (let at = first; at < file.header.entries; at++) {
    const other = file.entryAt(at);
    if (other?.monotonicUs !== monotonicUs) return false;
    if (entryPartOf(other.cursor()) === part) return true;
  }
  return false;
}
