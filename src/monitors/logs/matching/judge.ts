/** Which of a plan's texts a line matches: at once for texts that are found in linear time, under a bound for others. */
import { nowMs } from '../condition/clock.ts';
import type { LogsPlan } from '../plan.ts';
import type { LineMatch } from '../source.ts';
import type { Matcher } from './matcher.ts';
import { compileExactly, compileMatcher, linesOf, mayTakeLong } from './matcher.ts';
import { TimeLimit } from './time-limit.ts';

export interface Verdict {
  /** Whether it matches --message. */
  isFirst: boolean;
  /** Whether it matches --then or --unless. */
  isSecond: boolean;
  isExcluded: boolean;
}

/** Takes a line with its verdict; without one when no verdict was reached in time. Says how the line was taken. */
export type Deliver = (match: LineMatch, verdict: Verdict | undefined) => 'counted' | 'passed over';

export interface Judge {
  /** Delivers a line, now or when its turn comes; always in the order in which lines were taken. */
  take(match: LineMatch): 'counted' | 'passed over';
  /** Delivers nothing any more. */
  stop(): void;
}

export function makeJudge(plan: LogsPlan, deliver: Deliver): Judge {
  const { message, next, unless, exclude = [] } = plan;
  const texts = [message, next ?? unless ?? [], exclude].flat();
  return texts.some(mayTakeLong) ? new BoundedJudge(plan, deliver) : new PromptJudge(plan, deliver);
}

class PromptJudge implements Judge {
  readonly #first: Matcher;
  readonly #second: Matcher | undefined;
  readonly #excluded: Matcher | undefined;
  readonly #deliver: Deliver;

  constructor({ message, next, unless, exclude = [] }: LogsPlan, deliver: Deliver) {
    const second = next ?? unless;
    this.#first = compileMatcher(message);
    this.#second = second && compileMatcher(second);
    this.#excluded = exclude.length > 0 ? compileMatcher(...exclude) : undefined;
    this.#deliver = deliver;
  }

  take(match: LineMatch): 'counted' | 'passed over' {
    const { line } = match;
    return this.#deliver(match, {
      // Without a second text there is no other reason for which the line could have been found.
      isFirst: this.#second === undefined || this.#first.test(line),
      isSecond: this.#second?.test(line) ?? false,
      isExcluded: this.#excluded?.test(line) ?? false,
    });
  }

  stop(): void {}
}

/** No new line is begun after so long in one turn of the event loop. */
const turnMs = 50;
/** How long one line may take. A line that takes longer is tried once more: this process may have been stopped meanwhile. */
const lineMs = 50;
/** Lines that wait for their turn: beyond so many bytes they count as not matching. */
const mostWaitingBytes = 8 * 1024 * 1024;

interface Waiting {
  match: LineMatch;
  verdict?: Verdict;
}

/**
 * Runs expressions in slices, with the event loop turning between them, so that a flood of hostile lines holds up nothing but
 * its own verdicts.
 */
class BoundedJudge implements Judge {
  readonly #first: RegExp;
  readonly #second: RegExp | undefined;
  readonly #excluded: RegExp[];
  readonly #deliver: Deliver;
  readonly #limit = new TimeLimit(() => this.#judgeSome());
  #waiting: Waiting[] = [];
  /** How many of those are judged, and up to how many may be. */
  #judged = 0;
  #waitingBytes = 0;
  #untilMs = 0;
  /** When this turn of the event loop has used its time; undefined before it has used any. */
  #turnEndMs: number | undefined;
  #isStopped = false;

  constructor({ message, next, unless, exclude = [] }: LogsPlan, deliver: Deliver) {
    const second = next ?? unless;
    this.#first = compileExactly(message);
    this.#second = second && compileExactly(second);
    this.#excluded = exclude.map(compileExactly);
    this.#deliver = deliver;
  }

  take(match: LineMatch): 'counted' | 'passed over' {
    const monotonicMs = match.monotonicMs ?? nowMs();
    if (this.#waitingBytes + match.line.length > mostWaitingBytes) this.#work();
    if (this.#waitingBytes + match.line.length > mostWaitingBytes) return this.#deliver(match, undefined);
    const isFirst = this.#waiting.length === 0;
    // The line is a view on a buffer that is used again.
    this.#waiting.push({ match: { ...match, monotonicMs, line: isFirst ? match.line : Buffer.from(match.line) } });
    this.#waitingBytes += match.line.length;
    const taken = isFirst ? this.#work() : undefined;
    const [own] = this.#waiting;
    if (isFirst && own) own.match.line = Buffer.from(match.line);
    return taken ?? 'counted';
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
  }

  /** Judges what there is time for in this turn, and delivers it. Returns how the last line was taken. */
  #work(): 'counted' | 'passed over' | undefined {
    const now = nowMs();
    if (this.#turnEndMs === undefined) {
      this.#turnEndMs = now + turnMs;
      setImmediate(() => {
        this.#turnEndMs = undefined;
        if (this.#waiting.length > 0) this.#work();
      });
    }
    if (now >= this.#turnEndMs) return undefined;
    this.#untilMs = this.#turnEndMs;
    this.#judged = 0;
    if (!this.#limit.run(turnMs + lineMs)) this.#tryOnceMore();
    return this.#deliverJudged();
  }

  /** The line that was broken off gets all the time that a line may take. */
  #tryOnceMore(): void {
    this.#untilMs = 0;
    const broken = this.#judged;
    if (!this.#limit.run(lineMs)) this.#judged = broken + 1;
  }

  /** Under the limit: judges the next line, and more until the time is used up. */
  #judgeSome(): void {
    do {
      const waiting = this.#waiting[this.#judged];
      if (!waiting) return;
      waiting.verdict = this.#judge(linesOf(waiting.match.line));
      this.#judged++;
    } while (nowMs() < this.#untilMs);
  }

  #judge(lines: string[]): Verdict {
    const isIn = (expression: RegExp): boolean => lines.some((line) => expression.test(line));
    return {
      isFirst: isIn(this.#first),
      isSecond: this.#second !== undefined && isIn(this.#second),
      isExcluded: this.#excluded.some(isIn),
    };
  }

  #deliverJudged(): 'counted' | 'passed over' | undefined {
    const done = this.#waiting.splice(0, this.#judged);
    let taken: 'counted' | 'passed over' | undefined;
    for (const { match, verdict } of done) {
      this.#waitingBytes -= match.line.length;
      if (!this.#isStopped) taken = this.#deliver(match, verdict);
    }
    return taken;
  }
}
