/**
 * Recognizes the entries that a new journalctl shows again. It begins at the entry of the cursor. If that has got a new number
 * meanwhile, it begins at the first entry of the same microsecond.
 */
import { entryPartOf, instantOf, numberOf } from '../cursor.ts';

/** How many entries of one microsecond are remembered. journald takes at most some hundred in one go. */
const mostRemembered = 10_000;

export class JournalResume {
  /** The last entry seen, and how many equal entries were seen of each kind in its microsecond. */
  #cursor: string | undefined;
  #seen = new Map<string, number>();
  /** Those that a new journalctl may still show again; undefined once it has shown a new entry. */
  #expected: Map<string, number> | undefined;
  #hasMet = false;

  /** Notes that an entry was seen. */
  note(cursor: string): void {
    if (this.#cursor === undefined || instantOf(cursor) !== instantOf(this.#cursor)) this.#seen = new Map();
    this.#cursor = cursor;
    this.#expected = undefined;
    this.#hasMet = true;
    const entry = entryPartOf(cursor);
    if (this.#seen.size < mostRemembered) this.#seen.set(entry, (this.#seen.get(entry) ?? 0) + 1);
  }

  /** A new journalctl begins at the last entry noted. */
  begin(): void {
    this.#expected = new Map(this.#seen);
    this.#hasMet = this.#cursor === undefined;
  }

  /** Whether the next entry that the new journalctl shows was seen before. */
  isRepeated(cursor: string): boolean {
    if (!this.#expected || this.#cursor === undefined) return false;
    const isRepeated = this.#isKnown(cursor, this.#cursor, this.#expected);
    if (isRepeated) this.#hasMet = true;
    else this.#expected = undefined;
    return isRepeated;
  }

  /** Whether the entry at which the new journalctl was to begin was there. */
  get hasMet(): boolean {
    return this.#hasMet;
  }

  #isKnown(cursor: string, last: string, expected: Map<string, number>): boolean {
    const [one, other] = [numberOf(cursor), numberOf(last)];
    if (one && other && one.numbering === other.numbering) return one.number <= other.number;
    const entry = entryPartOf(cursor);
    const count = expected.get(entry) ?? 0;
    expected.set(entry, count - 1);
    return count > 0;
  }
}
