/** Work on many items, one after the other, with the event loop turning in between. */

import type { Gate } from '../../../../host/gate.ts';

/** When a turn has lasted this long, the other items wait for the next one. */
export const turnMs = 10;

export class Turns<T> {
  readonly #work: (item: T) => void;
  readonly #gate: Gate | undefined;
  readonly #items = new Set<T>();
  #isPlanned = false;

  /** `work` is called for each item, which may be added again from then on; with a `gate`, only while that is open. */
  constructor(work: (item: T) => void, gate?: Gate) {
    this.#work = work;
    this.#gate = gate;
  }

  /** Has the item worked on once, at the end of this turn or, if there is much to do, of a later one. */
  add(item: T): void {
    this.#items.add(item);
    this.#plan();
  }

  /** Has all of these worked on, beginning at once. */
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

  readonly #workOff = (): void => {
    if (this.#items.size === 0) return;
    if (this.#gate?.isOpen === false) {
      this.#gate.whenOpen(this.#workOff);
      return;
    }
    const endMs = performance.now() + turnMs;
    for (const item of [...this.#items]) {
      // An item that is added again goes to the end of the row, so that each has its turn.
      if (this.#items.delete(item)) this.#work(item);
      if (performance.now() >= endMs) break;
    }
    if (this.#items.size > 0) this.#plan();
  };
}
