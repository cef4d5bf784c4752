/** A clock whose time a test moves forward. */
import type { Cancel, Clock } from '../../src/host/clock.ts';

interface Timer {
  dueMs: number;
  act: () => void;
}

export class DrivenClock implements Clock {
  #nowMs = 0;
  /** Those with the same time go off in the order in which they were set. */
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  dateMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  /** Like Node's timers, it takes whole milliseconds and at least one. */
  after(ms: number, act: () => void): Cancel {
    const timer = { dueMs: this.#nowMs + Math.max(1, Math.ceil(ms)), act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** A look that gives a promise is not waited for. */
  every(ms: number, look: () => void | Promise<void>): Cancel {
    let cancel: Cancel;
    const wait = (): void => {
      cancel = this.after(ms, () => {
        wait();
        void look();
      });
    };
    wait();
    return () => cancel();
  }

  /** Lets time pass. Timers go off in order, each at its own time. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#nextUntil(endMs); next; next = this.#nextUntil(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.act();
    }
    this.#nowMs = endMs;
  }

  /** Lets time pass in which the process stands still: timers go off late, at the next `pass`. */
  standStill(ms: number): void {
    this.#nowMs += ms;
  }

  #nextUntil(endMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs);
    return due.sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
