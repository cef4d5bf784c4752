/** Something that happens unless something else comes first: for what is noticed by its absence. */
import type { Cancel, Clock } from '../../host/clock.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #lateMs: () => number;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  /** `lateMs` says how late a sighting may still come. It is asked each time, for it may change. */
  constructor(clock: Clock, ring: () => void, lateMs: () => number) {
    this.#clock = clock;
    this.#ring = ring;
    this.#lateMs = lateMs;
  }

  /** Goes off at this time on the clock, and `lateMs` after it, instead of at the one that was set before. */
  set(dueMs: number): void {
    const isEarlier = dueMs < this.#dueMs;
    this.#dueMs = dueMs;
    // A later time is looked up when the timer comes: to set one anew for each of a million lines would cost.
    if (this.#cancel === undefined || isEarlier) this.#wait(dueMs + this.#lateMs());
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #wait(untilMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(untilMs - this.#clock.nowMs(), () => this.#look(untilMs));
  }

  #look(expectedMs: number): void {
    const nowMs = this.#clock.nowMs();
    const lateMs = this.#lateMs();
    if (nowMs < this.#dueMs + lateMs) this.#wait(this.#dueMs + lateMs);
    // This process was stopped, or busy with a burst: what came meanwhile is read first.
    else if (nowMs > expectedMs + lateMs) this.#wait(nowMs + lateMs);
    else {
      this.clear();
      this.#ring();
    }
  }
}
