/** Whether N sightings lie within a time span. */

/** How much later an earlier sighting may still come: sources are not equally fast. */
const lateMs = 10_000;
/** How many are kept beside N: after a stop, the journal brings earlier times than files. */
const mostEarlier = 1000;

export class SlidingWindow {
  readonly #count: number;
  readonly #spanMs: number;
  /** In ascending order. Until N lie within the span, there are few. */
  #times: number[] = [];

  constructor(count: number, spanMs: number) {
    this.#count = count;
    this.#spanMs = spanMs;
  }

  clear(): void {
    this.#times = [];
  }

  /** Adds a sighting that counts `times` times. Returns whether N now lie within the span. */
  add(atMs: number, times: number): boolean {
    if (times >= this.#count) return true;
    const at = this.#placeOf(atMs);
    if (times === 1) this.#times.splice(at, 0, atMs);
    // The stack has no room for a hundred thousand arguments of splice.
    else this.#times = [...this.#times.slice(0, at), ...new Array<number>(times).fill(atMs), ...this.#times.slice(at)];
    const isFull = this.#isFullAround(at, times);
    this.#forget();
    return isFull;
  }

  /** The index after all times that are not later. */
  #placeOf(atMs: number): number {
    let [from, to] = [0, this.#times.length];
    if ((this.#times[to - 1] ?? atMs) <= atMs) return to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#times[middle] as number) <= atMs) from = middle + 1;
      else to = middle;
    }
    return to;
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
    // A thousand at a time: each splice moves all the others.
    if ((this.#times[this.#count + mostEarlier] ?? before) < before) this.#times.splice(0, mostEarlier);
  }
}
