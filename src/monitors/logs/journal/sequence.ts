/** Proves that no entry is missing: journald numbers what it stores, one by one. */
import { numberOf } from './cursor.ts';

export class JournalSequence {
  readonly #last = new Map<string, number>();
  #latest: number | undefined;
  #breaks = 0;

  /** How often the numbers began anew, so that nothing follows from them. */
  get breaks(): number {
    return this.#breaks;
  }

  /** How many entries are missing before this one: undefined where the numbers do not say. */
  missingBefore(cursor: string): number | undefined {
    const found = numberOf(cursor);
    if (!found) return undefined;
    const last = this.#last.get(found.numbering);
    if (last !== undefined) return Math.max(0, found.number - last - 1);
    // A new chain of files goes on counting where journald was, unless journald was killed.
    return this.#latest === undefined || found.number === this.#latest + 1 ? 0 : undefined;
  }

  /** An entry was seen. */
  note(cursor: string): void {
    const found = numberOf(cursor);
    if (!found || this.missingBefore(cursor) === undefined) this.#breaks++;
    if (!found) return;
    this.#latest = found.number;
    if (!this.hasReached(found.numbering, found.number)) this.#last.set(found.numbering, found.number);
  }

  /** Whether everything up to this number has been noted. */
  hasReached(numbering: string, number: number): boolean {
    return (this.#last.get(numbering) ?? -1) >= number;
  }
}
