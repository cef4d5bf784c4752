/** One clock for everything that is timed: CLOCK_MONOTONIC, which nobody sets, and which journald notes with each entry. */
import { readFileSync } from 'node:fs';
import type { JournalEntry } from '../journal/entry.ts';

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

let bootId: string | undefined;

/** This boot's id, as journald writes it; empty when there is none to be read. */
function ownBootId(): string {
  if (bootId !== undefined) return bootId;
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch {
    bootId = ''; // then no entry is of this boot, and the time of reading is taken
  }
  return bootId;
}

/** When journald took an entry, on the clock of `nowMs`; undefined for an entry of another boot. */
export function entryTimeMs({ bootId, monotonicUs }: JournalEntry): number | undefined {
  return bootId === ownBootId() && monotonicUs >= 0 ? monotonicUs / 1000 : undefined;
}

/** A span as it is typed: `1m30s` is `90s`, `3600s` is `1h`. */
export function formatDuration(ms: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms % length === 0) return `${ms / length}${unit}`;
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
