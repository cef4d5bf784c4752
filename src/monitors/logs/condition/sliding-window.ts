/** N matches within a time. */

/** How long after a match an earlier one may still be read: the sources are not equally fast. */
const lateMs = 10_000;

/** The times of the latest matches, and whether N of them lie within a span. */
export class SlidingWindow {
  readonly #count: number;
  readonly #spanMs: number;
  /** Ascending. As long as it is not full, there are few: fewer than N in each span. */
  #times: number[] = [];

  constructor(count: number, spanMs: number) {
    this.#count = count;
    this.#spanMs = spanMs;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#times = [];
  }

  /** Adds a match that counts so many times; says whether N matches now lie within the span. */
  add(atMs: number, times: number): boolean {
    const copies = Math.min(times, this.#count);
    let at = this.#times.length;
    while (at > 0 && (this.#times[at - 1] as number) > atMs) at--;
    this.#times.splice(at, 0, ...new Array<number>(copies).fill(atMs));
    const isFull = this.#isFullAround(at, copies);
    this.#forget();
    return isFull;
  }

  #isFullAround(at: number, copies: number): boolean {
    for (let last = Math.max(at, this.#count - 1); last < this.#times.length; last++) {
      const first = last - this.#count + 1;
      if (first >= at + copies) return false;
      if ((this.#times[last] as number) - (this.#times[first] as number) <= this.#spanMs) return true;
    }
    return false;
  }

  #forget(): void {
    const before = (this.#times.at(-1) ?? 0) - this.#spanMs - lateMs;
    let gone = 0;
    while ((this.#times[gone] ?? before) < before) gone++;
    // In portions: each would otherwise move all the others.
    if (gone > 1000 || gone * 2 > this.#times.length) this.#times.splice(0, gone);
  }
}
