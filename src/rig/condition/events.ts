/** When sightings meet a condition: the Nth, none for some time, one that another follows, or one that none follows. */
import type { Clock } from '../../host/clock.ts';
import { formatDuration } from '../../options/units.ts';
import type { Sighting } from '../../plugin.ts';
import { isoTimeAt } from '../records/paths.ts';
import type { ConditionRules } from '../records/spec.ts';
import { Alarm } from './alarm.ts';
import { Distinct } from './distinct.ts';
import { type EventCondition, type Met, metBy, metWithout, type OnMet } from './met.ts';
import { isOvertaken, Remembered } from './remembered.ts';
import { SlidingWindow } from './sliding-window.ts';

const isFirst = ({ slot = 'first' }: Sighting): boolean => slot !== 'second';
const isSecond = ({ slot = 'first' }: Sighting): boolean => slot !== 'first';

/** The condition for these rules. `lateMs` says how late a sighting may still come. */
export function makeEventCondition(
  rules: ConditionRules,
  clock: Clock,
  onMet: OnMet,
  lateMs: () => number,
): EventCondition {
  const { count, withinMs, absentMs, distinct, sequence } = rules;
  if (distinct !== undefined) return new Distinct(distinct, (onKind) => new Counted(count, withinMs, onKind), onMet);
  if (absentMs !== undefined) return new Absent(absentMs, clock, onMet, lateMs);
  if (sequence === 'then') return new FollowedBy(withinMs ?? 0, onMet);
  if (sequence === 'unless') return new NotFollowedBy(withinMs ?? 0, clock, onMet, lateMs);
  return new Counted(count, withinMs, onMet);
}

/** `--count N`, `--within D`. */
class Counted implements EventCondition {
  matches = 0;
  /** How many of them earlier triggers used up. */
  #used = 0;
  readonly #count: number;
  readonly #window: SlidingWindow | undefined;
  readonly #onMet: OnMet;

  constructor(count: number, withinMs: number | undefined, onMet: OnMet) {
    this.#count = count;
    this.#window = withinMs === undefined ? undefined : new SlidingWindow(count, withinMs);
    this.#onMet = onMet;
  }

  take(sighting: Sighting): undefined {
    const { atMs, times = 1 } = sighting;
    this.matches += times;
    const counted = this.matches - this.#used;
    const isMet = this.#window ? this.#window.add(atMs, times) : counted >= this.#count;
    if (!isMet) return;
    this.#onMet(() => metBy(sighting, counted));
    this.#used = this.matches;
    this.#window?.clear();
  }
}

/** `--absent D`. */
class Absent implements EventCondition {
  matches = 0;
  readonly #spanMs: number;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  #lastMs = 0;
  /** The last match: what a heartbeat said before it stopped. */
  #last: { text: string; atMs: number } | undefined;

  constructor(spanMs: number, clock: Clock, onMet: OnMet, lateMs: () => number) {
    this.#spanMs = spanMs;
    this.#clock = clock;
    this.#alarm = new Alarm(
      clock,
      () => {
        onMet(() => this.#met());
        this.#expectNext(clock.nowMs());
      },
      lateMs,
    );
  }

  start(): void {
    this.#expectNext(this.#clock.nowMs());
  }

  take({ times = 1, atMs, text }: Sighting): undefined {
    this.matches += times;
    this.#last = { text, atMs };
    this.#expectNext(atMs);
  }

  #met(): Met {
    const { matches } = this;
    const before = this.#last ? `the last one at ${isoTimeAt(this.#clock, this.#last.atMs)}` : 'none before';
    const because = `no match for ${formatDuration(this.#spanMs)}, ${before}`;
    return { ...metWithout('all sources', because, this.#clock.nowMs(), matches), text: this.#last?.text ?? '' };
  }

  stop(): void {
    this.#alarm.clear();
  }

  #expectNext(fromMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, fromMs);
    this.#alarm.set(this.#lastMs + this.#spanMs);
  }
}

/** `--then B --within D`. */
class FollowedBy implements EventCondition {
  matches = 0;
  readonly #spanMs: number;
  readonly #onMet: OnMet;
  readonly #first: Remembered<Met>;
  readonly #second: Remembered<Met>;

  constructor(spanMs: number, onMet: OnMet) {
    this.#spanMs = spanMs;
    this.#first = new Remembered(spanMs, 'latest');
    this.#second = new Remembered(spanMs, 'latest');
    this.#onMet = onMet;
  }

  take(sighting: Sighting): undefined {
    const each = metBy(sighting, this.matches);
    if (isSecond(sighting)) {
      const first = this.#first.all.findLast((one) => one.atMs <= each.atMs && this.#isNear(one, each));
      if (first) return this.#meet(first, each);
      this.#second.add(each);
    }
    if (!isFirst(sighting)) return;
    this.matches += sighting.times ?? 1;
    each.matches = this.matches;
    const second = this.#second.all.find((one) => isOvertaken(each, one) && this.#isNear(each, one));
    if (second) this.#meet(each, second);
    else this.#first.add(each);
  }

  #isNear(a: Met, b: Met): boolean {
    return b.atMs - a.atMs <= this.#spanMs;
  }

  #meet(earlier: Met, second: Met): undefined {
    const because = `followed within ${formatDuration(this.#spanMs)}`;
    // The groups of --message are facts only of the first one.
    const facts = { ...earlier.facts, ...second.facts };
    this.#onMet(() => ({ ...second, matches: this.matches, because, earlier, facts }));
    this.#first.all = [];
    this.#second.all = [];
  }
}

/** `--unless C --within D`. */
class NotFollowedBy implements EventCondition {
  matches = 0;
  readonly #spanMs: number;
  readonly #alarm: Alarm;
  /** Those that nothing has followed yet, oldest first. */
  readonly #open: Remembered<Met>;
  readonly #second: Remembered<{ subject: string; atMs: number }>;

  constructor(spanMs: number, clock: Clock, onMet: OnMet, lateMs: () => number) {
    this.#spanMs = spanMs;
    this.#open = new Remembered(spanMs, 'oldest');
    this.#second = new Remembered(spanMs, 'latest');
    this.#alarm = new Alarm(
      clock,
      () => {
        const first = this.#open.all.shift();
        if (first) onMet(() => ({ ...first, because: `not followed within ${formatDuration(spanMs)}` }));
        // The next one makes a trigger of its own.
        this.#expectOldest();
      },
      lateMs,
    );
  }

  take(sighting: Sighting): undefined {
    const { subject, atMs, times = 1 } = sighting;
    const each = { subject, atMs };
    if (isSecond(sighting)) {
      this.#second.add(each);
      // One that came too late follows nothing, even if it is seen before the alarm rings.
      this.#open.all = this.#open.all.filter((one) => one.atMs > atMs || atMs - one.atMs > this.#spanMs);
    }
    if (isFirst(sighting)) {
      this.matches += times;
      const isFollowed = this.#second.all.some((one) => isOvertaken(each, one) && one.atMs - atMs <= this.#spanMs);
      if (!isFollowed) this.#open.add(metBy(sighting, this.matches));
      this.#open.all.sort((a, b) => a.atMs - b.atMs);
    }
    this.#expectOldest();
  }

  stop(): void {
    this.#alarm.clear();
  }

  #expectOldest(): void {
    const [oldest] = this.#open.all;
    if (oldest) this.#alarm.set(oldest.atMs + this.#spanMs);
    else this.#alarm.clear();
  }
}
