/** Whether a met condition makes a trigger: restarts, cooldown, limit per hour, triggers that wait. */
import type { Clock } from '../../host/clock.ts';
import { isoTime } from '../records/paths.ts';
import type { Progress } from '../records/rows.ts';
import type { RestartRules } from '../records/spec.ts';

const hourMs = 3_600_000;

/** Why a trigger is passed over. */
export type HoldReason = 'cooldown' | 'limit for an hour reached' | 'a trigger was waiting';

export class Hold {
  readonly #rules: RestartRules;
  readonly #clock: Clock;
  readonly #mayWait: number;
  /** Undefined: without end. */
  #left: number | undefined;
  #triggers = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** When the triggers of the last hour were, if there is a limit. */
  #recentMs: number[] = [];

  /** `mayWait`: how many triggers may wait while another is worked on. */
  constructor(rules: RestartRules, clock: Clock, mayWait = 1) {
    this.#rules = rules;
    this.#clock = clock;
    this.#mayWait = mayWait;
    this.#left = rules.times < 0 ? undefined : rules.times + 1;
  }

  /** How many triggers there were. */
  get triggers(): number {
    return this.#triggers;
  }

  /** How often the rig watches again after a trigger; -1: without end. */
  get restartsLeft(): number {
    return this.#left === undefined ? -1 : Math.max(0, this.#left - 1);
  }

  /** Whether the last trigger has come. */
  get isOver(): boolean {
    return this.#left === 0;
  }

  /** How many triggers there were and may come, and what holds them back, for `rig info`. */
  progress(): Pick<Progress, 'triggers' | 'restartsLeft' | 'cooldownEnds' | 'triggersInHour'> {
    const { cooldownMs, maxPerHour } = this.#rules;
    const leftMs = this.#lastMs + (cooldownMs ?? 0) - this.#clock.nowMs();
    const ends = leftMs > 0 ? isoTime(new Date(this.#clock.dateMs() + leftMs)) : null;
    return {
      triggers: this.#triggers,
      restartsLeft: this.restartsLeft,
      ...(cooldownMs === undefined ? {} : { cooldownEnds: ends }),
      ...(maxPerHour === undefined ? {} : { triggersInHour: this.#recent().length }),
    };
  }

  /** Why a trigger is passed over now, if `waiting` others wait; undefined if it is not. */
  reason(waiting: number): HoldReason | undefined {
    const { cooldownMs = 0, maxPerHour } = this.#rules;
    if (this.#clock.nowMs() - this.#lastMs < cooldownMs) return 'cooldown';
    if (maxPerHour !== undefined && this.#recent().length >= maxPerHour) return 'limit for an hour reached';
    return waiting >= this.#mayWait ? 'a trigger was waiting' : undefined;
  }

  /** When `held` lets triggers through again, on the rig's clock; undefined where that is not a matter of time. */
  endsMs(held: HoldReason): number | undefined {
    if (held === 'cooldown') return this.#lastMs + (this.#rules.cooldownMs ?? 0);
    const [oldest] = this.#recent();
    return held === 'limit for an hour reached' && oldest !== undefined ? oldest + hourMs : undefined;
  }

  /** Counts a trigger. */
  take(): void {
    this.#triggers++;
    this.#lastMs = this.#clock.nowMs();
    if (this.#rules.maxPerHour !== undefined) this.#recentMs = [...this.#recent(), this.#lastMs];
    if (this.#left !== undefined) this.#left--;
  }

  #recent(): number[] {
    const nowMs = this.#clock.nowMs();
    this.#recentMs = this.#recentMs.filter((atMs) => nowMs - atMs < hourMs);
    return this.#recentMs;
  }
}
