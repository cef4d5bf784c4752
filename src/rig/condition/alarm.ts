/** A timer for what does not happen: it rings unless a sighting comes first. */
import type { Cancel, Clock } from '../../host/clock.ts';

/** A timer of a process that is not busy rings no later than this. */
const timerLateMs = 100;

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #lateMs: () => number;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancel: Cancel | undefined;

  /** `lateMs` says how late a sighting may still come. It may change. */
  constructor(clock: Clock, ring: () => void, lateMs: () => number) {
    this.#clock = clock;
    this.#ring = ring;
    this.#lateMs = lateMs;
  }

  /** Rings `lateMs` after this time on the clock. Replaces the time that was set before. */
  set(dueMs: number): void {
    const isEarlier = dueMs < this.#dueMs;
    this.#dueMs = dueMs;
    // A later time needs no new timer: #look finds it. A timer for each of a million lines would cost.
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
    // This process was stopped or busy: what came meanwhile must be read first.
    else if (nowMs > expectedMs + Math.max(lateMs, timerLateMs)) this.#wait(nowMs + lateMs);
    else {
      this.clear();
      this.#ring();
    }
  }
}
