/** What is done for one of many files after the other, with the event loop turning in between. */

/** No further file is begun with after so long in one turn. */
export const turnMs = 10;

export class Turns<T> {
  readonly #work: (item: T) => void;
  readonly #items = new Set<T>();
  #isPlanned = false;

  /** `work` is called for each item, which is no longer one of those that wait by then, and may be added again. */
  constructor(work: (item: T) => void) {
    this.#work = work;
  }

  /** Has the work done at the end of this turn, however often it is asked for, or in a later one where there is much of it. */
  add(item: T): void {
    this.#items.add(item);
    this.#plan();
  }

  /** Has the work done for all of these, beginning at once. */
  addAll(items: Iterable<T>): void {
    for (const item of items) this.#items.add(item);
    this.#workOff();
  }

  has(item: T): boolean {
    return this.#items.has(item);
  }

  delete(item: T): void {
    this.#items.delete(item);
  }

  clear(): void {
    this.#items.clear();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#workOff();
    });
  }

  #workOff(): void {
    const endMs = performance.now() + turnMs;
    for (const item of [...this.#items]) {
      // One that is added again goes to the end of the row: where there is no time for all of them, each has its own.
      if (this.#items.delete(item)) this.#work(item);
      if (performance.now() >= endMs) break;
    }
    if (this.#items.size > 0) this.#plan();
  }
}
