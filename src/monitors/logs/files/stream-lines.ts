/** Examines text that comes once and cannot be read again: standard input, a fifo, the inside of a compressed file. */
import type { Matcher } from '../matching/matcher.ts';
import { countNewlines } from '../matching/vectors.ts';

const newline = 10;
/** An unfinished line is kept up to this size, and then examined in windows that overlap. */
const windowBytes = 256 * 1024;
const overlapBytes = 64 * 1024;

/** Takes a matching line, and where it begins in the text. Returns false to stop. */
export type OnStreamMatch = (line: Buffer, offset: number) => boolean;

export class StreamLines {
  lines = 0;
  bytes = 0;
  /** Lines longer than a window: examined in parts that overlap. */
  longLines = 0;
  readonly #matcher: Matcher;
  readonly #onMatch: OnStreamMatch;
  /** The unfinished line, or the end of it that was kept. */
  #rest: Buffer = Buffer.alloc(0);
  /** Where the line began whose windows are being examined. */
  #longLineStart: number | undefined;
  #isLineCounted = false;

  constructor(matcher: Matcher, onMatch: OnStreamMatch) {
    this.#matcher = matcher;
    this.#onMatch = onMatch;
  }

  /** Up to where the text was examined: the unfinished line is still to come. */
  get examinedTo(): number {
    return this.#longLineStart ?? this.bytes - this.#rest.length;
  }

  /** Examines the lines that are complete now. */
  push(data: Buffer): void {
    const text = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    this.bytes += data.length;
    const base = this.bytes - text.length;
    const linesEnd = text.lastIndexOf(newline) + 1;
    if (linesEnd > 0) this.#examine(text.subarray(0, linesEnd), base);
    // A copy: the stream may use its buffer again.
    this.#rest = Buffer.from(text.subarray(linesEnd));
    if (this.#rest.length < windowBytes) return;
    this.#testPart(this.#rest, base + linesEnd, true);
    if (this.#longLineStart === undefined) this.longLines++;
    this.#longLineStart ??= base + linesEnd;
    this.#rest = Buffer.from(this.#rest.subarray(-overlapBytes));
  }

  /** The text has ended: its last line counts without a line end, too. */
  end(): void {
    if (this.#rest.length > 0) this.#testPart(this.#rest, this.bytes - this.#rest.length, false);
    if (this.#rest.length > 0) this.lines++;
    this.#rest = Buffer.alloc(0);
    this.#longLineStart = undefined;
    this.#isLineCounted = false;
  }

  #examine(text: Buffer, base: number): void {
    let from = 0;
    this.lines += countNewlines(text, text.length);
    if (this.#longLineStart !== undefined) {
      from = text.indexOf(newline) + 1;
      this.#testPart(text.subarray(0, from - 1), base, false);
      this.#longLineStart = undefined;
      this.#isLineCounted = false;
    }
    const chunk = text.subarray(from);
    this.#matcher.scan(chunk, (start, end) => this.#onMatch(chunk.subarray(start, end), base + from + start));
  }

  /** Examines a part of a line. A NUL stands where the line goes on, so that `^` and `$` do not match there. */
  #testPart(part: Buffer, offset: number, goesOn: boolean): void {
    if (this.#isLineCounted) return;
    const nul = Buffer.alloc(1);
    const whole = !goesOn && part.at(-1) === 13 ? part.subarray(0, -1) : part;
    const pieces = [...(this.#longLineStart === undefined ? [] : [nul]), whole, ...(goesOn ? [nul] : [])];
    const window = Buffer.concat(pieces);
    if (!this.#matcher.test(window)) return;
    this.#isLineCounted = true;
    this.#onMatch(whole, this.#longLineStart ?? offset);
  }
}
