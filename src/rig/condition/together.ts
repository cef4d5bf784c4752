/** Several monitors in one rig: any of them, or all of them within a time. */
import { formatDuration } from '../../options/units.ts';
import type { Met } from './met.ts';

/** What was met, and by which monitor. */
export interface MetBy {
  monitor: string;
  met: Met;
}

export class Together {
  readonly #count: number;
  readonly #withinMs: number | undefined;
  /** What each monitor met last, by its number. */
  readonly #last = new Map<number, MetBy>();

  /** `withinMs` undefined: any of the monitors is enough. */
  constructor(count: number, withinMs: number | undefined) {
    this.#count = count;
    this.#withinMs = withinMs;
  }

  /** A monitor was met. Returns what triggers; undefined if others are still missing. */
  add(number: number, by: MetBy): MetBy | undefined {
    const withinMs = this.#withinMs;
    if (withinMs === undefined || this.#count < 2) return by;
    this.#last.set(number, by);
    const all = [...this.#last.values()].filter(({ met }) => Math.abs(by.met.atMs - met.atMs) <= withinMs);
    if (all.length < this.#count) return undefined;
    this.#last.clear();
    const first = all.reduce((a, b) => (b.met.atMs < a.met.atMs ? b : a));
    const because = `all ${this.#count} conditions within ${formatDuration(withinMs)}`;
    return { ...by, met: { ...by.met, because, earlier: by.met.earlier ?? first.met } };
  }
}
