/**
 * When the journal's files are looked at. journald writes through mmap(2), and pokes inotify(7) only a quarter of a second
 * later: so while entries come they are looked at every few milliseconds, which costs a read of some bytes. The longer none
 * came, the less often: at intervals of a part of the time that it has been quiet, so that the cost falls by itself and no
 * minute differs from the next at a stroke. At most a second, and whenever inotify says something.
 */
const slowestMs = 1000;
/** After five quiet seconds every 25 ms, after a minute every 300. */
const shareOfQuiet = 1 / 200;

export class JournalPace {
  readonly #quickestMs: number;
  readonly #onBeat: () => void;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = slowestMs;
  #cameMs = 0;

  constructor(quickestMs: number, onBeat: () => void) {
    this.#quickestMs = Math.min(quickestMs, slowestMs);
    this.#onBeat = onBeat;
  }

  /** Something came, or may have come. */
  hurry(): void {
    this.#cameMs = performance.now();
    if (this.#timer === undefined || this.#everyMs > this.#quickestMs) this.#plan();
  }

  /** How often they are looked at now. */
  get everyMs(): number {
    return this.#everyMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const quietMs = performance.now() - this.#cameMs;
    this.#everyMs = Math.round(Math.max(this.#quickestMs, Math.min(quietMs * shareOfQuiet, slowestMs)));
    this.#timer = setTimeout(() => this.#beat(), this.#everyMs);
  }

  #beat(): void {
    this.#plan();
    this.#onBeat();
  }
}
