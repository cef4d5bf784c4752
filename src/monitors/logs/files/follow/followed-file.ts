/** One open log file and how far it has been examined. */
import { fstatSync } from 'node:fs';
import { examineLines, LongLine, type OnLine } from '../../matching/long-line.ts';
import type { Matcher } from '../../matching/matcher.ts';
import { countNewlines } from '../../matching/vectors.ts';
import type { ExaminedSpan } from '../certificate.ts';
import { countNuls, holeAt } from './hole.ts';
import { OpenedFile } from './opened-file.ts';
import { Position } from './position.ts';
import { readAt, readSlice, sliceBytes } from './slice.ts';

const newline = 10;
/** How far back the beginning of an unfinished line is looked for when a file is opened at its end. */
const lookBackBytes = 64 * 1024;

/**
 * Two writes this close together may carry the same time: the kernel's clock for them lags by a tick of at most 10 ms, and by
 * more where the host of a virtual machine gives it no time.
 */
const clockTickMs = 1000;

/** What a file was when it was found truncated or rewritten. */
export interface Truncation {
  position: Position;
  span: ExaminedSpan;
  /** How many bytes it was known to hold and had not been read. */
  unreadBytes: number;
  /** When a look last found in it all that had been read of it, in milliseconds since the epoch. */
  wholeMs: number;
}

export class FollowedFile extends OpenedFile {
  /**
   * Called when it is found truncated or rewritten, before it is read from its beginning again. Returns whether what it holds now
   * repeats another file.
   */
  onTruncated: ((truncation: Truncation) => boolean) | undefined;
  /** Called when a large hole was passed over that may not be empty. */
  onPassedOver: (() => void) | undefined;
  /** Whether it had no name any more at the last look: deleted, or replaced. */
  isDeleted = false;
  /** Whether NUL bytes were passed over in it, where a writer may still put lines. */
  hasHole = false;
  /** Complete lines, bytes read, matches, and lines that were examined in parts. */
  figures = { lines: 0, bytes: 0, matches: 0, passedOver: 0, longLines: 0 };
  #position = new Position();
  /** Where examination began: at 0, or behind what was old. */
  #from = 0;
  /** Whether it was found to repeat another file when it was last rewritten. */
  #isCopy = false;
  /** Where it ended for good, in the midst of what was read. */
  #stoppedAt: number | undefined;
  /**
   * What the last look found. `mtimeMs` is undefined where the file goes on from another one. `isSettled`: that time was long
   * past, so that every later write changes it. `wholeMs` as in Truncation.
   */
  readonly #seen: { size: number; mtimeMs: number | undefined; isSettled: boolean; wholeMs: number };

  /** Throws what {@link OpenedFile} throws. */
  constructor(path: string, hadNames?: string[]) {
    super(path, hadNames);
    const { mtimeMs } = fstatSync(this.fd);
    this.#seen = { size: 0, mtimeMs, isSettled: false, wholeMs: Date.now() };
  }

  /** Up to where it was read. */
  get offset(): number {
    return this.#position.readTo;
  }

  /** Which of its bytes were examined. */
  get span(): ExaminedSpan {
    const { lineStart, longLine, readTo, tailExaminedTo } = this.#position;
    const to = this.#stoppedAt ?? (tailExaminedTo === readTo ? readTo : (longLine?.start ?? lineStart));
    return { device: this.device, inode: this.inode, born: this.born, from: this.#from, to };
  }

  /** A copy of where its examination stands. */
  get position(): Position {
    return this.#position.copy();
  }

  /** Nothing behind this offset will be examined, though it may have been read: the rig has triggered there. */
  endAt(offset: number): void {
    this.#stoppedAt ??= offset;
  }

  /**
   * Takes everything before `size` as old. An unfinished line counts as new, as a whole, when its end comes: so its
   * beginning is looked for, in the last 64 KiB.
   */
  skipToEnd(size = this.size): void {
    const from = Math.max(0, size - lookBackBytes);
    const data = readAt(this.fd, from, size - from);
    const position = new Position();
    position.readTo = from + data.length;
    position.lineStart = from + data.lastIndexOf(newline) + 1;
    // Until the line has grown, all of it is old.
    position.tailExaminedTo = position.readTo;
    if (data.length > 0) position.fingerprint.update(this.fd, data, position.readTo);
    if (data.at(-1) === 0) this.hasHole = true;
    this.#position = position;
    this.#from = position.lineStart;
  }

  /** Goes on at a position of a file that holds the same bytes up to there. */
  goOnAt(position: Position): void {
    this.#position = position.copy();
    this.#from = position.lineStart;
    this.#seen.mtimeMs = undefined;
  }

  /** Leaves its unfinished line to the file that goes on in its place. */
  leaveTail(): void {
    this.#position.tailExaminedTo = this.#position.readTo;
  }

  /** Whether another file holds, in the same places, what is known of the bytes that were read from this one. */
  isContinuedIn(other: OpenedFile): boolean {
    return this.offset > 0 && this.#position.fingerprint.isIn(other.fd);
  }

  /** Reads and examines at most one slice. Returns whether there may be more. */
  readSlice(matcher: Matcher, onLine: OnLine): boolean {
    const lookedMs = Date.now();
    const { size, mtimeMs, nlink } = fstatSync(this.fd);
    const seen = this.#seen;
    this.isDeleted = nlink === 0;
    if (size === this.offset && mtimeMs === seen.mtimeMs && seen.isSettled) {
      seen.wholeMs = lookedMs;
      return false;
    }
    // Lines may have come to an empty file and been cut off again: only its time tells.
    const mayHaveHadMore = this.offset === 0 && seen.mtimeMs !== undefined && mtimeMs !== seen.mtimeMs;
    seen.mtimeMs = mtimeMs;
    seen.isSettled = lookedMs - mtimeMs > clockTickMs;
    if (mayHaveHadMore) this.#startOver(lookedMs);
    const isRewritten = mayHaveHadMore || this.startOverIfRewritten(lookedMs, size);
    // It is a copy of another log now, and goes on behind what it repeats.
    if (isRewritten && (this.#isCopy || this.offset > 0)) return true;
    seen.wholeMs = lookedMs;
    seen.size = size;
    return size > this.offset && this.#readOn(matcher, onLine);
  }

  /** Starts over when it was truncated or rewritten since it was read. Returns whether it was. */
  startOverIfRewritten(lookedMs = Date.now(), size = this.size): boolean {
    const isRewritten = size < this.offset || !this.#position.fingerprint.isIn(this.fd);
    if (isRewritten) this.#startOver(lookedMs);
    return isRewritten;
  }

  /** Examines the unfinished last line as it stands: its newline may never come. If it matches, it counts for the whole line. */
  examineTail(matcher: Matcher, onLine: OnLine): void {
    const { lineStart, readTo, longLine, tailExaminedTo } = this.#position;
    if (tailExaminedTo === readTo || (lineStart === readTo && !longLine)) return;
    this.#position.tailExaminedTo = readTo;
    const tail = longLine ?? new LongLine(lineStart);
    const text = tail.examine(matcher, readAt(this.fd, lineStart, readTo - lineStart), true);
    if (!text) return;
    this.#position.longLine = tail;
    onLine(text, tail.start);
  }

  #readOn(matcher: Matcher, onLine: OnLine): boolean {
    const position = this.#position;
    const slice = readSlice(this.fd, position);
    // Rewritten just now: the next look sees it.
    if (!slice) return true;
    const { arrived, text } = slice;
    if (arrived.length === 0) return false;
    this.figures.bytes += arrived.length;
    position.readTo += arrived.length;
    position.fingerprint.update(this.fd, arrived, position.readTo);
    if (arrived.at(-1) === 0) this.hasHole = true;
    if (!text) return false;
    if (this.#skipsNuls(text)) return true;
    this.#examine(text, matcher, onLine);
    return text.length === sliceBytes;
  }

  /** Examines a slice that begins at the line start, and moves the line start behind what was examined. */
  #examine(slice: Buffer, matcher: Matcher, onLine: OnLine): void {
    const position = this.#position;
    const { lineStart, longLine } = position;
    const linesEnd = slice.lastIndexOf(newline) + 1;
    if (linesEnd > 0) {
      this.figures.lines += countNewlines(slice, linesEnd);
      position.lineStart += linesEnd;
      position.longLine = undefined;
      examineLines(matcher, slice.subarray(0, linesEnd), lineStart, longLine, onLine);
    } else if (slice.length === sliceBytes) {
      const line = longLine ?? new LongLine(lineStart);
      if (!longLine) this.figures.longLines++;
      position.lineStart += slice.length;
      position.longLine = line;
      const text = line.examine(matcher, slice, false);
      if (text) onLine(text, line.start);
    }
  }

  /** Skips NUL bytes where a line should begin: a writer that kept its offset left a hole when the file was truncated. */
  #skipsNuls(text: Buffer): boolean {
    const position = this.#position;
    const nuls = countNuls(text);
    // What comes behind a whole slice of them is another line.
    if (nuls === 0 || (position.longLine && nuls < sliceBytes)) return false;
    this.hasHole = true;
    position.longLine = undefined;
    const behind = position.lineStart + nuls;
    const hole = nuls === text.length ? holeAt(this.fd, behind) : undefined;
    if (hole && !hole.isEmpty) this.onPassedOver?.();
    if (hole && !hole.isEmpty) this.#from = hole.end;
    position.lineStart = hole?.end ?? behind;
    position.readTo = position.lineStart;
    position.fingerprint.forget();
    return true;
  }

  /** It was truncated or rewritten: what it holds now is new. */
  #startOver(lookedMs: number): void {
    const { wholeMs, size } = this.#seen;
    const position = this.#position;
    const before = { position, span: this.span, unreadBytes: Math.max(0, size - position.readTo), wholeMs };
    this.#seen.wholeMs = lookedMs;
    this.#from = 0;
    this.#position = new Position();
    this.#isCopy = this.onTruncated?.(before) ?? false;
  }
}
