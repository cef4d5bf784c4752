/** Examines text that comes once and cannot be read again: standard input, a fifo. */
import { examineLines, LongLine, type OnLine } from '../matching/long-line.ts';
import type { Matcher } from '../matching/matcher.ts';
import { countNewlines } from '../matching/vectors.ts';

const newline = 10;
/** An unfinished line is kept up to this size, and then examined in parts. */
const partBytes = 256 * 1024;

export class StreamLines {
  lines = 0;
  bytes = 0;
  /** Lines that were examined in parts. */
  longLines = 0;
  readonly #matcher: Matcher;
  readonly #onLine: OnLine;
  /** The unfinished line, or what came since its last part. */
  #rest: Buffer = Buffer.alloc(0);
  /** The line that is examined in parts, or that has counted before its newline came. */
  #longLine: LongLine | undefined;

  constructor(matcher: Matcher, onLine: OnLine) {
    this.#matcher = matcher;
    this.#onLine = onLine;
  }

  /** Up to where the text was examined: the unfinished line is still to come. */
  get examinedTo(): number {
    return this.#longLine?.start ?? this.#restStart;
  }

  get #restStart(): number {
    return this.bytes - this.#rest.length;
  }

  /** Examines the lines that are complete now. */
  push(data: Buffer): void {
    const text = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    const start = this.#restStart;
    const linesEnd = text.lastIndexOf(newline) + 1;
    this.bytes += data.length;
    // A copy: the stream may use its buffer again.
    this.#rest = Buffer.from(text.subarray(linesEnd));
    if (linesEnd > 0) {
      const longLine = this.#longLine;
      this.#longLine = undefined;
      this.lines += countNewlines(text, linesEnd);
      examineLines(this.#matcher, text.subarray(0, linesEnd), start, longLine, this.#onLine);
    }
    if (this.#rest.length < partBytes) return;
    if (!this.#longLine) this.longLines++;
    this.#longLine ??= new LongLine(this.#restStart);
    this.#examinePart(this.#longLine, this.#rest, false);
    this.#rest = Buffer.alloc(0);
  }

  /** Examines the unfinished line as it stands. If it matches, it counts for the whole line. */
  examineTail(): void {
    if (!this.#longLine && this.#rest.length === 0) return;
    const line = this.#longLine ?? new LongLine(this.#restStart);
    if (this.#examinePart(line, this.#rest, true)) this.#longLine = line;
  }

  /** The text has ended: its last line counts without a line end, too. */
  end(): void {
    this.examineTail();
    if (this.#longLine || this.#rest.length > 0) this.lines++;
    this.#rest = Buffer.alloc(0);
    this.#longLine = undefined;
  }

  /** Whether it matches, for the first time. */
  #examinePart(line: LongLine, part: Buffer, isEnd: boolean): boolean {
    const text = line.examine(this.#matcher, part, isEnd);
    if (text) this.#onLine(text, line.start);
    return text !== undefined;
  }
}
