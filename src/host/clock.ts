/** One clock for everything that is timed: CLOCK_MONOTONIC, which nobody sets, and which journald notes with each entry. */

/** Milliseconds on the monotonic clock. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Smaller steps are those of the kernel's own ticks, and of this process waiting for its turn. */
const smallestStepMs = 50;

/** Notices that the clock was set back, by comparing it with the one that nobody sets. */
export class WallClock {
  #aheadMs = this.#measure();

  /** Whether it was since the last call. */
  wasSetBack(): boolean {
    const before = this.#aheadMs;
    this.#aheadMs = this.#measure();
    return this.#aheadMs < before - smallestStepMs;
  }

  /** How far it is ahead of the monotonic clock. This process may be held up between the two readings. */
  #measure(): number {
    let aheadMs = Number.NEGATIVE_INFINITY;
    for (let tries = 0; tries < 3; tries++) aheadMs = Math.max(aheadMs, Date.now() - nowMs());
    return aheadMs;
  }
}
