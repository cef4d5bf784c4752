/**
 * When the journal's files are looked at. journald writes through mmap(2), and inotify(7) reports that only a quarter of a
 * second later. So while entries come, rig looks every few milliseconds, which costs a read of some bytes. The longer none came,
 * the rarer it looks: once a second in the end, together with everything else that looks at whole seconds.
 */
import type { Cancel, Clock } from '../../../../host/clock.ts';

const slowestMs = 1000;
/** The pace stays this long after an entry. Then it falls with the square of the time: to a tenth after 5 s. */
const steadyMs = 1500;

export class JournalPace {
  readonly #clock: Clock;
  readonly #quickestMs: number;
  readonly #onBeat: () => void;
  #cancel: Cancel | undefined;
  #everyMs = Number.POSITIVE_INFINITY;
  #hurriedMs = 0;

  constructor(clock: Clock, quickestMs: number, onBeat: () => void) {
    this.#clock = clock;
    this.#quickestMs = Math.min(quickestMs, slowestMs);
    this.#onBeat = onBeat;
  }

  /** An entry came, or may have come. */
  hurry(): void {
    this.#hurriedMs = this.#clock.nowMs();
    if (this.#everyMs > this.#quickestMs) this.#plan();
  }

  /** The present interval. */
  get everyMs(): number {
    return this.#everyMs;
  }

  stop(): void {
    this.#cancel?.();
  }

  #plan(): void {
    const quietMs = this.#clock.nowMs() - this.#hurriedMs;
    const wantedMs = this.#quickestMs * Math.max(1, (quietMs / steadyMs) ** 2);
    if (wantedMs >= slowestMs && this.#everyMs === slowestMs) return;
    this.#cancel?.();
    this.#everyMs = Math.round(Math.min(wantedMs, slowestMs));
    this.#cancel =
      this.#everyMs === slowestMs
        ? this.#clock.every(slowestMs, () => this.#beat())
        : this.#clock.after(this.#everyMs, () => this.#beat());
  }

  #beat(): void {
    this.#plan();
    this.#onBeat();
  }
}
