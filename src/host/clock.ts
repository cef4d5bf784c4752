/**
 * The clock that everything is timed by: CLOCK_MONOTONIC, which nobody can set, and which journald notes with each entry. It
 * owns the timers, too, so that a test or a rehearsal can drive all of it.
 */

/** Ends what a clock was asked to do. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds on the monotonic clock. */
  nowMs(): number;
  /** Milliseconds since the epoch, for people. This clock may be set. */
  dateMs(): number;
  /** Calls `act` once, after `ms` milliseconds. */
  after(ms: number, act: () => void): Cancel;
  /**
   * Calls `look` every `ms` milliseconds, but not while the last look still runs. A look that throws is reported, and the next
   * one comes as usual.
   */
  every(ms: number, look: () => void | Promise<void>): Cancel;
}

/** Milliseconds on the monotonic clock. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** The longest time of a timer in Node; a longer one goes off at once. */
const longestTimerMs = 2 ** 31 - 1;
const secondMs = 1000;

interface Look {
  everySeconds: number;
  look: () => void;
}

export class SystemClock implements Clock {
  readonly #onError: (error: unknown) => void;
  /** The looks at whole seconds. They share one timer, so that the processor is woken up once for all. */
  readonly #looks = new Set<Look>();
  #seconds = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `onError` gets what a look throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  nowMs(): number {
    return nowMs();
  }

  dateMs(): number {
    return Date.now();
  }

  after(ms: number, act: () => void): Cancel {
    const dueMs = nowMs() + ms;
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer = setTimeout(
        () => (leftMs > longestTimerMs ? wait(dueMs - nowMs()) : act()),
        Math.min(Math.max(1, Math.ceil(leftMs)), longestTimerMs),
      );
    };
    wait(ms);
    return () => clearTimeout(timer);
  }

  /** Looks at whole seconds share a timer, so the first one may come early, by up to `ms`. */
  every(ms: number, look: () => void | Promise<void>): Cancel {
    const once = this.#withoutOverlap(look);
    if (ms % secondMs !== 0) {
      const timer = setInterval(once, ms);
      return () => clearInterval(timer);
    }
    const shared: Look = { everySeconds: ms / secondMs, look: once };
    this.#looks.add(shared);
    this.#timer ??= setInterval(() => this.#tick(), secondMs);
    return () => {
      this.#looks.delete(shared);
      if (this.#looks.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #tick(): void {
    this.#seconds++;
    for (const shared of [...this.#looks])
      if (this.#looks.has(shared) && this.#seconds % shared.everySeconds === 0) shared.look();
  }

  #withoutOverlap(look: () => void | Promise<void>): () => void {
    let isLooking = false;
    return () => {
      if (isLooking) return;
      try {
        const looking = look();
        if (!(looking instanceof Promise)) return;
        isLooking = true;
        void looking.catch(this.#onError).finally(() => {
          isLooking = false;
        });
      } catch (error) {
        this.#onError(error);
      }
    };
  }
}

/** A smaller step back may come from the kernel's ticks, or from this process waiting for a processor. */
const smallestStepMs = 50;

/** Notices that the wall clock was set back, by comparing it with the monotonic one. */
export class WallClock {
  #aheadMs = this.#measure();

  /** Whether it was set back since the last call. */
  wasSetBack(): boolean {
    const before = this.#aheadMs;
    this.#aheadMs = this.#measure();
    return this.#aheadMs < before - smallestStepMs;
  }

  /** How far it is ahead of the monotonic clock: the highest of three values, for this process may be held up in between. */
  #measure(): number {
    let aheadMs = Number.NEGATIVE_INFINITY;
    for (let tries = 0; tries < 3; tries++) aheadMs = Math.max(aheadMs, Date.now() - nowMs());
    return aheadMs;
  }
}
