/** Which of a plan's texts a line matches: at once where that takes little time, else in slices and under a bound. */
import { nowMs } from '../../../host/clock.ts';
import type { LogsPlan } from '../plan.ts';
import type { LineMatch } from '../source.ts';
import type { Matcher, MessageOptions } from './matcher.ts';
import { compileExactly, compileMatcher, linesOf, mayTakeLong } from './matcher.ts';
import { TimeLimit } from './time-limit.ts';
import { beginning, largeBytes, type Part, type Place, partAt } from './windows.ts';

export interface Verdict {
  /** Whether it matches --message. */
  isFirst: boolean;
  /** Whether it matches --then or --unless. */
  isSecond: boolean;
  isExcluded: boolean;
}

/** Takes a line with its verdict; without one when no verdict was reached in time. Says how the line was taken. */
export type Deliver = (match: LineMatch, verdict: Verdict | undefined) => 'counted' | 'passed over';

/** No new line, and no further part of a large one, is begun after so long in one turn of the event loop. */
const turnMs = 10;
/**
 * The same when so many lines wait that the next one would have no verdict; of this thread's time on a CPU: of a burst nothing is
 * missed because rig was stopped meanwhile.
 */
const roomMs = 100;
/** How long one line may take, of this thread's time on a CPU. */
const lineMs = 25;
/** The same when many lines have taken longer: a flood of them must not hold up for hours what comes behind it. */
const hurriedLineMs = 2;
/** So much may be spent in all on lines that take longer than `lineMs`, and how much of that comes back in a second. */
const mostSpareMs = 1000;
const spareMsPerSecond = 20;
/** How often a line is tried whose time went by without this process having had a CPU: it was stopped, or the host is busy. */
const mostTries = 10;
/** Lines that wait for their turn: beyond so many bytes they count as not matching. */
const mostWaitingBytes = 24 * 1024 * 1024;
/** What a line that waits takes beside its bytes. */
const waitingBytes = 512;

interface Waiting {
  match: LineMatch;
  readMs: number;
  /** Where that begins which is still to be judged of it: of a large line one part after the other. */
  place: Place;
  /** The part that is being judged; undefined: none has been begun. */
  part: Part | undefined;
  /** Of the parts so far; undefined: no verdict was reached in time. */
  verdict: Verdict | undefined;
}

/**
 * Judges lines in the order in which they are taken. What takes long is done in slices, with the event loop turning between
 * them, so that a flood of hostile lines holds up nothing but its own verdicts.
 */
export class Judge {
  readonly #first: (text: Buffer) => boolean;
  readonly #second: ((text: Buffer) => boolean) | undefined;
  readonly #excluded: (text: Buffer) => boolean;
  readonly #deliver: Deliver;
  /** Set where an expression may take long. */
  readonly #limit: TimeLimit | undefined;
  #waiting: Waiting[] = [];
  /** How many of those are judged. */
  #judged = 0;
  #waitingBytes = 0;
  /** When this turn of the event loop has used its time; undefined before it has used any. */
  #turnEndMs: number | undefined;
  /** The same for making room, by this thread's time on a CPU. */
  #roomEndCpuMs: number | undefined;
  #untilMs = 0;
  #spareMs = mostSpareMs;
  #spareAtMs = nowMs();
  #isStopped = false;
  readonly #idle: Array<() => void> = [];

  constructor({ message, next, unless, exclude = [] }: LogsPlan, deliver: Deliver) {
    const second = next ?? unless;
    const isBounded = [message, second ?? [], exclude].flat().some(mayTakeLong);
    const compile = (...texts: MessageOptions[]) =>
      isBounded ? exactTest(texts) : linearTest(compileMatcher(...texts));
    this.#first = compile(message);
    this.#second = second && compile(second);
    this.#excluded = exclude.length > 0 ? compile(...exclude) : () => false;
    this.#deliver = deliver;
    if (isBounded) this.#limit = new TimeLimit(() => this.#judgeSome());
  }

  /** Delivers a line, now or when its turn comes. */
  take(match: LineMatch): 'counted' | 'passed over' {
    const { line } = match;
    if (!this.#limit && line.length <= largeBytes && this.#waiting.length === 0)
      return this.#deliver(match, this.#judgeFound(line));
    if (this.#waitingBytes + line.length > mostWaitingBytes) this.#makeRoom();
    if (this.#waitingBytes > 0 && this.#waitingBytes + line.length > mostWaitingBytes)
      return this.#deliver(match, undefined);
    return this.#await(match);
  }

  /** For how long the next line has waited for its turn, in milliseconds; 0 when none waits. */
  get behindMs(): number {
    const [next] = this.#waiting;
    return next ? nowMs() - next.readMs : 0;
  }

  /** Resolves when no line waits for its turn any more. */
  async whenIdle(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Delivers nothing any more. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#tellIdle();
  }

  #await(match: LineMatch): 'counted' | 'passed over' {
    const isNext = this.#waiting.length === 0;
    const readMs = nowMs();
    const monotonicMs = match.monotonicMs ?? readMs;
    // The line is a view on a buffer that is used again.
    const line = isNext ? match.line : Buffer.from(match.line);
    const waiting: Waiting = {
      match: { ...match, monotonicMs, line },
      readMs,
      place: beginning,
      part: undefined,
      verdict: { isFirst: false, isSecond: false, isExcluded: false },
    };
    this.#waiting.push(waiting);
    this.#waitingBytes += line.length + waitingBytes;
    const taken = isNext ? this.#work() : undefined;
    if (isNext && this.#waiting[0] === waiting) keepCopy(waiting);
    return taken ?? 'counted';
  }

  /** Judges what there is time for in this turn, and delivers it. Returns how the last line was taken. */
  #work(): 'counted' | 'passed over' | undefined {
    const now = nowMs();
    if (this.#turnEndMs === undefined) {
      this.#turnEndMs = now + turnMs;
      setImmediate(() => {
        this.#turnEndMs = undefined;
        this.#roomEndCpuMs = undefined;
        if (this.#waiting.length > 0) this.#work();
      });
    }
    return now >= this.#turnEndMs ? undefined : this.#judgeUntil(this.#turnEndMs);
  }

  #judgeUnder(limit: TimeLimit): void {
    const perLine = this.#msPerLine();
    let usedMs = 0;
    const isDone = (ms: number): boolean => {
      const before = cpuMs();
      const isInTime = limit.run(ms);
      usedMs = cpuMs() - before;
      return isInTime;
    };
    const sliceMs = Math.min(turnMs, perLine);
    this.#untilMs = Math.min(this.#untilMs, nowMs() + sliceMs);
    if (isDone(sliceMs + perLine)) return;
    // The line that was broken off has had its time, unless this process was not given any.
    this.#untilMs = 0;
    for (let tries = 1; tries < mostTries && usedMs < perLine / 2; tries++) if (isDone(perLine)) return;
    // Not below that: after a flood of any length the lines have their whole time again within a minute.
    this.#spareMs = Math.max(-mostSpareMs, this.#spareMs - usedMs);
    const broken = this.#waiting[this.#judged];
    if (!broken?.part) return;
    broken.verdict = undefined;
    this.#judged++;
  }

  #msPerLine(): number {
    const now = nowMs();
    this.#spareMs = Math.min(mostSpareMs, this.#spareMs + ((now - this.#spareAtMs) * spareMsPerSecond) / 1000);
    this.#spareAtMs = now;
    return this.#spareMs > 0 ? lineMs : hurriedLineMs;
  }

  /**
   * Judges the next line, and more until the time is used up. May be broken off anywhere, and then begins where it was: what is
   * done twice is no harm.
   */
  #judgeSome(): void {
    do {
      const waiting = this.#waiting[this.#judged];
      if (!waiting) return;
      waiting.part ??= partAt(waiting.match.line, waiting.place);
      const { window, next } = waiting.part;
      join(waiting, this.#judge(window));
      if (next) waiting.place = next;
      else this.#judged++;
      waiting.part = undefined;
    } while (nowMs() < this.#untilMs);
  }

  /**
   * What is judged in linear time is judged now, however long that takes: a line that is passed over would be missed. What may
   * take long is judged for some time: a hundred thousand harmless lines are.
   */
  #makeRoom(): void {
    if (this.#limit) {
      this.#work();
      this.#roomEndCpuMs ??= cpuMs() + roomMs;
      while (this.#waitingBytes > mostWaitingBytes / 2 && cpuMs() < this.#roomEndCpuMs)
        this.#judgeUntil(nowMs() + turnMs);
    } else this.#judgeUntil(Number.POSITIVE_INFINITY);
  }

  #judgeUntil(endMs: number): 'counted' | 'passed over' | undefined {
    this.#untilMs = endMs;
    this.#judged = 0;
    if (this.#limit) this.#judgeUnder(this.#limit);
    else this.#judgeSome();
    return this.#deliverJudged();
  }

  /** Without a second text there is no other reason for which a line could have been found. */
  #judgeFound(line: Buffer): Verdict {
    if (this.#second) return this.#judge(line);
    return { isFirst: true, isSecond: false, isExcluded: this.#excluded(line) };
  }

  #judge(text: Buffer): Verdict {
    return {
      isFirst: this.#first(text),
      isSecond: this.#second?.(text) ?? false,
      isExcluded: this.#excluded(text),
    };
  }

  #deliverJudged(): 'counted' | 'passed over' | undefined {
    const done = this.#waiting.splice(0, this.#judged);
    let taken: 'counted' | 'passed over' | undefined;
    for (const { match, verdict } of done) {
      this.#waitingBytes -= match.line.length + waitingBytes;
      if (!this.#isStopped) taken = this.#deliver(match, verdict);
    }
    if (this.#waiting.length === 0) this.#tellIdle();
    return taken;
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** A test in linear time. */
function linearTest(matcher: Matcher): (text: Buffer) => boolean {
  return (text) => matcher.test(text);
}

/** A test that may take as long as it likes: to be run under a bound. */
function exactTest(texts: MessageOptions[]): (text: Buffer) => boolean {
  const expressions = texts.map(compileExactly);
  return (text) => {
    const lines = linesOf(text);
    return expressions.some((expression) => lines.some((line) => expression.test(line)));
  };
}

function keepCopy(waiting: Waiting): void {
  const line = Buffer.from(waiting.match.line);
  waiting.match.line = line;
  // It may be a view on the line.
  waiting.part = undefined;
}

function join({ verdict }: Waiting, { isFirst, isSecond, isExcluded }: Verdict): void {
  if (!verdict) return;
  verdict.isFirst ||= isFirst;
  verdict.isSecond ||= isSecond;
  verdict.isExcluded ||= isExcluded;
}

/** How long this thread has been on a CPU. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
