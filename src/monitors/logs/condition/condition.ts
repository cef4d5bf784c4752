/** When matching lines make a trigger: so many of them, none for so long, one followed by another, or one that is not. */

import { nowMs } from '../../../host/clock.ts';
import { formatDuration } from '../../../options/units.ts';
import type { TriggerFacts } from '../../../plugin.ts';
import type { Reason } from '../events/passed-over.ts';
import type { LogsPlan } from '../plan.ts';
import type { LineMatch } from '../source.ts';
import { Alarm } from './alarm.ts';
import { factsOf, factsOfAbsence } from './facts.ts';
import { kindOf } from './line-kind.ts';
import { isOvertaken, type Remembered, RememberedLines } from './remembered-lines.ts';
import { SlidingWindow } from './sliding-window.ts';

/** A line that matches, seen for the first time. */
export interface Seen {
  match: LineMatch;
  /** How many times it counts. */
  times: number;
  /** When it was logged (journal) or read (file), on the monotonic clock. */
  atMs: number;
  /** Whether it matches --message. */
  isFirst: boolean;
  /** Whether it matches --then or --unless. */
  isSecond: boolean;
}

export interface Condition {
  /** How many lines have matched --message. */
  readonly matches: number;
  /** Everything is positioned. */
  start(): void;
  /** Takes a line; says why it is passed over, if it is. */
  take(seen: Seen): Reason | undefined;
  /** It was met and the rig goes on watching: what led to it is used up. */
  restart(): void;
  /** Nothing fires any more. */
  stop(): void;
}

type Fire = (facts: TriggerFacts) => void;

/** The condition that a plan asks for. `reading` says how long after its time something may be read. */
export function makeCondition(plan: LogsPlan, fire: Fire, reading: () => number): Condition {
  const { count, withinMs, absentMs, distinct } = plan;
  if (distinct !== undefined) return new Distinct(distinct, (report) => new Counted(count, withinMs, report), fire);
  if (absentMs !== undefined) return new Absent(absentMs, fire, reading);
  if (plan.next && withinMs !== undefined) return new FollowedBy(withinMs, fire);
  if (plan.unless && withinMs !== undefined) return new NotFollowedBy(withinMs, fire, reading);
  return new Counted(count, withinMs, fire);
}

/** `--count N`, `--within D`. */
class Counted implements Condition {
  matches = 0;
  /** How many of them were used up. */
  #used = 0;
  readonly #count: number;
  readonly #window: SlidingWindow | undefined;
  readonly #fire: Fire;

  constructor(count: number, withinMs: number | undefined, fire: Fire) {
    this.#count = count;
    this.#window = withinMs === undefined ? undefined : new SlidingWindow(count, withinMs);
    this.#fire = fire;
  }

  start(): void {}

  take({ match, times, atMs }: Seen): undefined {
    this.matches += times;
    const counted = this.matches - this.#used;
    const isMet = this.#window ? this.#window.add(atMs, times) : counted >= this.#count;
    if (isMet) this.#fire(factsOf(match, counted));
  }

  restart(): void {
    this.#used = this.matches;
    this.#window?.clear();
  }

  stop(): void {}
}

/** More kinds than so many cannot be told apart any more: each is a capture, and something to remember. */
export const mostKinds = 1000;

/** `--distinct N`: each kind of line has a condition of its own, and is captured N times. */
class Distinct implements Condition {
  readonly #captures: number;
  readonly #make: (fire: Fire) => Condition;
  readonly #fire: Fire;
  readonly #kinds = new Map<string, { condition: Condition; captured: number }>();
  /** The kind that was just captured. */
  #met: string | undefined;
  matches = 0;

  constructor(captures: number, make: (fire: Fire) => Condition, fire: Fire) {
    this.#captures = captures;
    this.#make = make;
    this.#fire = fire;
  }

  start(): void {}

  take(seen: Seen): Reason | undefined {
    const kind = kindOf(seen.match);
    const known = this.#kinds.get(kind) ?? this.#add(kind);
    if (!known) return 'of too many kinds';
    if (known.captured >= this.#captures) return 'its kind is captured';
    this.matches += seen.times;
    return known.condition.take(seen);
  }

  restart(): void {
    const known = this.#kinds.get(this.#met ?? '');
    if (!known) return;
    known.captured++;
    known.condition.restart();
  }

  stop(): void {}

  #add(kind: string): { condition: Condition; captured: number } | undefined {
    if (this.#kinds.size >= mostKinds) return undefined;
    const condition = this.#make((facts) => {
      this.#met = kind;
      this.#fire({ ...facts, lineKind: kind });
    });
    const added = { condition, captured: 0 };
    this.#kinds.set(kind, added);
    return added;
  }
}

/** `--absent D`. */
class Absent implements Condition {
  matches = 0;
  readonly #spanMs: number;
  readonly #alarm: Alarm;
  #lastMs = 0;

  constructor(spanMs: number, fire: Fire, reading: () => number) {
    this.#spanMs = spanMs;
    const because = `no match for ${formatDuration(spanMs)}`;
    this.#alarm = new Alarm(() => fire(factsOfAbsence(this.matches, because)), reading);
  }

  start(): void {
    this.#expectNext(nowMs());
  }

  take({ times, atMs }: Seen): undefined {
    this.matches += times;
    this.#expectNext(atMs);
  }

  restart(): void {
    this.#expectNext(nowMs());
  }

  stop(): void {
    this.#alarm.clear();
  }

  #expectNext(fromMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, fromMs);
    this.#alarm.set(this.#lastMs + this.#spanMs);
  }
}

interface WithFacts extends Remembered {
  facts: TriggerFacts;
}

/** `--then B --within D`. */
class FollowedBy implements Condition {
  matches = 0;
  readonly #spanMs: number;
  readonly #fire: Fire;
  readonly #first: RememberedLines<WithFacts>;
  readonly #second: RememberedLines<WithFacts>;

  constructor(spanMs: number, fire: Fire) {
    this.#spanMs = spanMs;
    this.#first = new RememberedLines(spanMs, 'latest');
    this.#second = new RememberedLines(spanMs, 'latest');
    this.#fire = fire;
  }

  start(): void {}

  take({ match, times, atMs, isFirst, isSecond }: Seen): undefined {
    const each = { atMs, source: match.source, facts: factsOf(match, this.matches) };
    if (isSecond) {
      const first = this.#first.lines.findLast((one) => one.atMs <= atMs && atMs - one.atMs <= this.#spanMs);
      if (first) {
        this.#meet(first, each);
        return;
      }
      this.#second.add(each);
    }
    if (!isFirst) return;
    this.matches += times;
    each.facts.matches = this.matches;
    const second = this.#second.lines.find((one) => isOvertaken(each, one) && one.atMs - atMs <= this.#spanMs);
    if (second) this.#meet(each, second);
    else this.#first.add(each);
  }

  restart(): void {
    this.#first.lines = [];
    this.#second.lines = [];
  }

  stop(): void {}

  #meet(first: WithFacts, second: WithFacts): void {
    const { source, line, loggedAt } = first.facts;
    const because = `followed within ${formatDuration(this.#spanMs)}`;
    this.#fire({ ...second.facts, matches: this.matches, because, earlier: { source, line, loggedAt } });
  }
}

/** `--unless C --within D`. */
class NotFollowedBy implements Condition {
  matches = 0;
  readonly #spanMs: number;
  readonly #alarm: Alarm;
  /** Lines that are not followed yet, the oldest first. */
  readonly #open: RememberedLines<WithFacts>;
  readonly #second: RememberedLines<Remembered>;

  constructor(spanMs: number, fire: Fire, reading: () => number) {
    this.#spanMs = spanMs;
    this.#open = new RememberedLines(spanMs, 'oldest');
    this.#second = new RememberedLines(spanMs, 'latest');
    this.#alarm = new Alarm(() => {
      const [first] = this.#open.lines;
      if (first) fire({ ...first.facts, because: `not followed within ${formatDuration(spanMs)}` });
    }, reading);
  }

  start(): void {}

  take({ match, times, atMs, isFirst, isSecond }: Seen): undefined {
    const each = { atMs, source: match.source };
    if (isSecond) {
      this.#second.add(each);
      // A line that follows too late does not make up for it: it is only read before the alarm is due to go off.
      this.#open.lines = this.#open.lines.filter((one) => one.atMs > atMs || atMs - one.atMs > this.#spanMs);
    }
    if (isFirst) {
      this.matches += times;
      const isFollowed = this.#second.lines.some((one) => isOvertaken(each, one) && one.atMs - atMs <= this.#spanMs);
      if (!isFollowed) this.#open.add({ ...each, facts: factsOf(match, this.matches) });
      this.#open.lines.sort((a, b) => a.atMs - b.atMs);
    }
    this.#expectOldest();
  }

  /** The next line that is not followed in time has its own turn. */
  restart(): void {
    this.#open.lines.shift();
    this.#expectOldest();
  }

  #expectOldest(): void {
    const [oldest] = this.#open.lines;
    if (oldest) this.#alarm.set(oldest.atMs + this.#spanMs);
    else this.#alarm.clear();
  }

  stop(): void {
    this.#alarm.clear();
  }
}
