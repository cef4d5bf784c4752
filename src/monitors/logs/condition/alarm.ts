/** Something that happens unless something else comes first: for what is to be noticed by its absence. */
import { nowMs } from '../../../host/clock.ts';

/**
 * How much later than its time an alarm goes off. What was written in time may be read late: files are looked at once a second
 * when there is no inotify, the journal's, too; and journalctl is half a second behind; one that hangs is found out and
 * replaced after 6 to 7.
 */
export const readingMs = { files: 1500, journalctl: 9000 };

/** A timer that is set for longer goes off at once. */
const longestMs = 2 ** 31 - 1;

export class Alarm {
  readonly #ring: () => void;
  readonly #reading: () => number;
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `reading` says how late something may be read; it is asked each time, for it may change. */
  constructor(ring: () => void, reading: () => number) {
    this.#ring = ring;
    this.#reading = reading;
  }

  get #readingMs(): number {
    return this.#reading();
  }

  /** Goes off at a time on the monotonic clock, and not at the one that was set before. */
  set(dueMs: number): void {
    const isEarlier = dueMs < this.#dueMs;
    this.#dueMs = dueMs;
    // A later time is looked up when the timer comes: setting one anew for each of a million lines would cost.
    if (this.#timer === undefined || isEarlier) this.#wait(dueMs + this.#readingMs);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #wait(untilMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(untilMs), Math.min(Math.max(1, Math.ceil(untilMs - nowMs())), longestMs));
  }

  #look(expectedMs: number): void {
    const now = nowMs();
    if (now < this.#dueMs + this.#readingMs) this.#wait(this.#dueMs + this.#readingMs);
    // This process was stopped, or busy with a burst: it first reads what came meanwhile.
    else if (now > expectedMs + this.#readingMs) this.#wait(now + this.#readingMs);
    else {
      this.clear();
      this.#ring();
    }
  }
}
