/** Several monitors in one rig: any of them, or all of them within a time. */
import { formatDuration } from '../../options/units.ts';
import type { Met } from './met.ts';

/** By which monitor something was met, and how to read what, at once. */
export interface MetBy {
  monitor: string;
  read(): Met;
}

export class Together {
  readonly #count: number;
  readonly #withinMs: number | undefined;
  /** What each monitor met last, by its number. */
  readonly #last = new Map<number, Met>();

  /** `withinMs` undefined: any of the monitors is enough. */
  constructor(count: number, withinMs: number | undefined) {
    this.#count = count;
    this.#withinMs = withinMs;
  }

  /** A monitor was met. Returns what triggers; undefined if others are still missing. */
  add(number: number, by: MetBy): MetBy | undefined {
    const withinMs = this.#withinMs;
    if (withinMs === undefined || this.#count < 2) return by;
    const last = by.read();
    this.#last.set(number, last);
    const all = [...this.#last.values()].filter(({ atMs }) => Math.abs(last.atMs - atMs) <= withinMs);
    if (all.length < this.#count) return undefined;
    this.#last.clear();
    const first = all.reduce((a, b) => (b.atMs < a.atMs ? b : a));
    const because = `all ${this.#count} conditions within ${formatDuration(withinMs)}`;
    return { ...by, read: () => ({ ...last, because, earlier: last.earlier ?? first }) };
  }
}
