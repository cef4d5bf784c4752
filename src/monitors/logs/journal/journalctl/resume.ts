/**
 * Tells what a journalctl that was started again shows a second time. It begins at the entry of the cursor; but where that
 * was numbered anew, at the first one of the same microsecond.
 */
import { entryPartOf, instantOf, numberOf } from '../cursor.ts';

/** As many entries of one microsecond are remembered; journald takes in at most some hundred in one go. */
const mostRemembered = 10_000;

export class JournalResume {
  /** The entries seen of the last microsecond, with how many there were of each. */
  #seen = new Map<string, number>();
  #instant = '';
  /** Those of them that are still to come again; undefined outside of a new start. */
  #expected: Map<string, number> | undefined;
  #cursor: string | undefined;
  #hasMet = false;

  /** An entry was seen, by any means. */
  note(cursor: string): void {
    this.#expected = undefined;
    this.#hasMet = true;
    this.#cursor = cursor;
    const instant = instantOf(cursor);
    if (instant !== this.#instant) {
      this.#instant = instant;
      this.#seen = new Map();
    }
    const entry = entryPartOf(cursor);
    if (this.#seen.size < mostRemembered) this.#seen.set(entry, (this.#seen.get(entry) ?? 0) + 1);
  }

  /** journalctl is started at the last entry noted. */
  begin(): void {
    this.#expected = new Map(this.#seen);
    this.#hasMet = this.#cursor === undefined;
  }

  /** Whether the next entry was seen before. The first that was not ends the new start. */
  isRepeated(cursor: string): boolean {
    if (!this.#expected || this.#cursor === undefined) return false;
    const isRepeated = this.#isKnown(cursor, this.#cursor, this.#expected);
    if (isRepeated) this.#hasMet = true;
    else this.#expected = undefined;
    return isRepeated;
  }

  /** Whether the entry at which journalctl was to go on was there; nothing is said of it once another was noted. */
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
