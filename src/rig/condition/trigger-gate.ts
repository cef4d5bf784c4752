/** Whether a rig triggers once more: restarts, cooldown, the limit for an hour. Times are milliseconds on a monotonic clock. */
import { isoTime } from '../records/paths.ts';
import type { RestartRules } from '../records/spec.ts';

const hourMs = 3_600_000;

/** Why a match does not count at the moment. */
export type HoldReason = 'cooldown' | 'limit for an hour reached' | 'a trigger was waiting';

export class TriggerGate {
  readonly #rules: RestartRules;
  /** Undefined: without end. */
  #left: number | undefined;
  #triggers = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** The triggers of the last hour, where they are counted. */
  #recentMs: number[] = [];

  constructor(rules: RestartRules) {
    this.#rules = rules;
    this.#left = rules.times < 0 ? undefined : rules.times + 1;
  }

  /** How many triggers there were. */
  get triggers(): number {
    return this.#triggers;
  }

  /** How often it watches again after a trigger; -1: without end. */
  get restartsLeft(): number {
    return this.#left === undefined ? -1 : Math.max(0, this.#left - 1);
  }

  /** Whether there was the last trigger. */
  get isOver(): boolean {
    return this.#left === 0;
  }

  /** Until when and by how much triggers are held back, as far as they are limited: what a user may want to know. */
  limits(nowMs: number): { cooldownEnds?: string | null; triggersInHour?: number } {
    const { cooldownMs, maxPerHour } = this.#rules;
    const leftMs = this.#lastMs + (cooldownMs ?? 0) - nowMs;
    return {
      ...(cooldownMs === undefined ? {} : { cooldownEnds: leftMs > 0 ? isoTime(new Date(Date.now() + leftMs)) : null }),
      ...(maxPerHour === undefined ? {} : { triggersInHour: this.#recent(nowMs).length }),
    };
  }

  /** Why a match does not count now, with so many triggers that wait to be worked on; undefined when it does. */
  holdReason(nowMs: number, waiting: number): HoldReason | undefined {
    const { cooldownMs = 0, maxPerHour, mayWait = 1 } = this.#rules;
    if (nowMs - this.#lastMs < cooldownMs) return 'cooldown';
    if (maxPerHour !== undefined && this.#recent(nowMs).length >= maxPerHour) return 'limit for an hour reached';
    return waiting >= mayWait ? 'a trigger was waiting' : undefined;
  }

  /** A trigger is taken. */
  take(nowMs: number): void {
    this.#triggers++;
    this.#lastMs = nowMs;
    if (this.#rules.maxPerHour !== undefined) this.#recentMs = [...this.#recent(nowMs), nowMs];
    if (this.#left !== undefined) this.#left--;
  }

  #recent(nowMs: number): number[] {
    this.#recentMs = this.#recentMs.filter((atMs) => nowMs - atMs < hourMs);
    return this.#recentMs;
  }
}
