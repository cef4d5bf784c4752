/**
 * When the journal's files are looked at. journald writes through mmap(2), and pokes inotify(7) only a quarter of a second
 * later: so while something comes, and for a minute afterwards, they are looked at every few milliseconds, which costs a
 * read of some bytes; then once a second, and whenever inotify says something.
 */
const busyForMs = 60_000;
const slowMs = 1000;

export class JournalPace {
  readonly #quickMs: number;
  readonly #onBeat: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isQuick = false;
  #busyUntilMs = 0;

  constructor(quickMs: number, onBeat: () => void) {
    this.#quickMs = Math.min(quickMs, slowMs);
    this.#onBeat = onBeat;
  }

  /** Something came, or may have come: for a minute it is looked at quickly. */
  hurry(): void {
    this.#busyUntilMs = performance.now() + busyForMs;
    if (!this.#isQuick) this.#set(true);
  }

  get isQuick(): boolean {
    return this.#isQuick;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #set(isQuick: boolean): void {
    clearInterval(this.#timer);
    this.#isQuick = isQuick;
    this.#timer = setInterval(() => this.#beat(), isQuick ? this.#quickMs : slowMs);
  }

  #beat(): void {
    if (this.#isQuick && performance.now() > this.#busyUntilMs) this.#set(false);
    this.#onBeat();
  }
}
