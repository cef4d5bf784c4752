/**
 * When the journal's files are looked at. journald writes through mmap(2), and pokes inotify(7) only a quarter of a second
 * later: so while entries come they are looked at every few milliseconds, which costs a read of some bytes. The longer none
 * came the less often, so that a quiet minute costs next to nothing and no moment differs from the next at a stroke. At most
 * a second, together with what else is looked at, and whenever inotify says something.
 */
import { every } from '../../../../host/every.ts';

const slowestMs = 1000;
/** For so long after an entry the pace stays; then it falls with the square of the time: a tenth after 5 s. */
const steadyMs = 1500;

export class JournalPace {
  readonly #quickestMs: number;
  readonly #onBeat: () => void;
  #end: (() => void) | undefined;
  #everyMs = Number.POSITIVE_INFINITY;
  #cameMs = 0;

  constructor(quickestMs: number, onBeat: () => void) {
    this.#quickestMs = Math.min(quickestMs, slowestMs);
    this.#onBeat = onBeat;
  }

  /** Something came, or may have come. */
  hurry(): void {
    this.#cameMs = performance.now();
    if (this.#everyMs > this.#quickestMs) this.#plan();
  }

  /** How often they are looked at now. */
  get everyMs(): number {
    return this.#everyMs;
  }

  stop(): void {
    this.#end?.();
  }

  #plan(): void {
    const quietMs = performance.now() - this.#cameMs;
    const wantedMs = this.#quickestMs * Math.max(1, (quietMs / steadyMs) ** 2);
    if (wantedMs >= slowestMs && this.#everyMs === slowestMs) return;
    this.#end?.();
    this.#everyMs = Math.round(Math.min(wantedMs, slowestMs));
    if (this.#everyMs === slowestMs) this.#end = every(slowestMs, () => this.#beat());
    else {
      const timer = setTimeout(() => this.#beat(), this.#everyMs);
      this.#end = () => clearTimeout(timer);
    }
  }

  #beat(): void {
    this.#plan();
    this.#onBeat();
  }
}
