/** A line that is too long to be examined in one piece: its parts come one after the other. */
import type { Matcher } from './matcher.ts';

/** How much of a part is examined again with the next one: the longest match that is found across two parts. */
const overlapBytes = 64 * 1024;
const newline = 10;
const nul = Buffer.alloc(1);

/** Takes a matching line, a view on a buffer that is used again, and where it begins in its text. Returns false to stop. */
export type OnLine = (line: Buffer, offset: number) => boolean;

export class LongLine {
  /** Where the line begins in its text. */
  readonly start: number;
  /** The end of the parts so far; undefined before the first one. */
  #kept: Buffer | undefined;
  #isFound = false;

  constructor(start: number) {
    this.start = start;
  }

  /**
   * Examines the next part, which may be a view on a reused buffer; `isEnd`: the line ends with it (the newline left out).
   * Returns the text that matches, a copy, for the first part that does, and undefined for all others: a line counts once.
   * A NUL stands in that text where the line goes on, so that `^` and `$` do not match there.
   */
  examine(matcher: Matcher, part: Buffer, isEnd: boolean): Buffer | undefined {
    if (this.#isFound) return undefined;
    const before = this.#kept ? [nul, this.#kept] : [];
    const window = Buffer.concat([...before, part, ...(isEnd ? [] : [nul])]);
    // Without the mark at its end.
    if (!isEnd) this.#kept = Buffer.from(window.subarray(-overlapBytes - 1, -1));
    this.#isFound = matcher.test(window);
    return this.#isFound ? window : undefined;
  }

  /** The line as it is examined so far, to go on with elsewhere. */
  copy(): LongLine {
    const copy = new LongLine(this.start);
    copy.#kept = this.#kept;
    copy.#isFound = this.#isFound;
    return copy;
  }
}

/** Examines whole lines, which begin at `offset` of their text. The first of them may be the end of a `longLine`. */
export function examineLines(
  matcher: Matcher,
  lines: Buffer,
  offset: number,
  longLine: LongLine | undefined,
  onLine: OnLine,
): void {
  const from = longLine ? lines.indexOf(newline) + 1 : 0;
  const end = longLine?.examine(matcher, lines.subarray(0, from - 1), true);
  if (longLine && end) onLine(end, longLine.start);
  const rest = lines.subarray(from);
  matcher.scan(rest, (start, end) => onLine(rest.subarray(start, end), offset + from + start));
}
