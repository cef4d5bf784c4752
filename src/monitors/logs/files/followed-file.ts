/** One open log file and how far it has been examined. The file is the inode: what its name is by now does not matter here. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { RigError } from '../../../errors.ts';
import { pseudoFileSystem } from '../../../host/file-systems.ts';
import type { Matcher } from '../matching/matcher.ts';
import { countNewlines, vectorBuffer } from '../matching/vectors.ts';
import type { ExaminedSpan } from './file-record.ts';
import { Fingerprint, tailBytes } from './fingerprint.ts';

const newline = 10;
/** How much is read at once. The event loop turns between two slices, so a burst of any size never blocks it. */
const sliceBytes = 256 * 1024;
/** How much of a line longer than a slice is examined twice, so that a match across two slices is found. */
const overlapBytes = 64 * 1024;
/** How far the beginning of an unfinished line is looked for when a file is opened at its end. */
const lookBackBytes = 64 * 1024;

/**
 * The kernel takes the time of a write from a clock that lags by a tick, at most 10 ms, and more where the host of a virtual
 * machine gives it no time: two writes may have the same time.
 */
const clockTickMs = 1000;

/** Not blocking: opening a fifo that took the file's place would wait for its writer. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The data of a slice begins here, with room for what is known of the bytes before it, or a NUL; there is room for one behind it, too. */
const dataAt = tailBytes;
/** All files share one buffer, since each slice is examined before the next is read. It is made when the first file is opened. */
let shared: Buffer = Buffer.alloc(0);

/** What identifies an inode while it is open: as long as it is, the kernel gives its number to no other file. */
export function identityOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** Leads to an open file, where its name may have gone to another by now. */
export const descriptorPath = ({ fd }: FollowedFile): string => `/proc/self/fd/${fd}`;

/** Takes a matching line: a view on the shared buffer, and where the line begins in the file. */
export type OnFileMatch = (file: FollowedFile, line: Buffer, offset: number) => boolean;

/** Where the examination of a file stands: enough to go on in another file that holds the same bytes up to there. */
export interface FilePosition {
  lineStart: number;
  readTo: number;
  longLineStart: number | undefined;
  isLineCounted: boolean;
  tailExaminedTo: number;
  fingerprint: Fingerprint;
}

/** What a file was when it was found truncated. */
export interface Truncation {
  position: FilePosition;
  span: ExaminedSpan;
  /** How many bytes it was known to hold and had not been read. */
  unreadBytes: number;
  /** When it was looked at last and held still what was read of it, in milliseconds since the epoch. */
  wholeMs: number;
}

export class FollowedFile {
  /** The path that it was first opened by. */
  readonly path: string;
  /** The path that it was first opened by, and where that led. */
  readonly names: string[];
  /** Changes only when the file is opened again. */
  fd: number;
  /** Changes only where the file system renames inodes: an overlay that copies the file to its upper layer. */
  identity: string;
  readonly inode: string;
  readonly device: string;
  /** When it was born: ISO 8601; null where the file system does not say. */
  readonly #born: string | null;
  /** Called when it is found truncated or rewritten, before it is read from its beginning again. */
  onTruncated: ((truncation: Truncation) => void) | undefined;
  /** Whether it had no name any more at the last look: deleted, or replaced. */
  isDeleted = false;
  /** Lines longer than a slice: examined in parts that overlap. */
  longLines = 0;
  /** Whether it had NUL bytes where lines may still be written: behind its end, as seen, or where a line should begin. */
  hasHole = false;
  /** Complete lines, bytes read and matches so far. */
  lines = 0;
  bytes = 0;
  matches = 0;
  passedOver = 0;
  /** Where the first line begins that was not examined to its end. Within a long line: where its next window begins. */
  #lineStart = 0;
  /** Up to where bytes were seen. Between the two is an unfinished line, read again when its newline has come. */
  #readTo = 0;
  /** Where the line began whose windows are being examined; undefined outside of lines longer than a slice. */
  #longLineStart: number | undefined;
  /** Whether the unfinished line has been counted as a match already. */
  #isLineCounted = false;
  /** Up to where the unfinished line was examined when the file was rotated away. */
  #tailExaminedTo = 0;
  readonly #fingerprint = new Fingerprint();
  /** Where examination began: at 0, or behind what was old. */
  #from = 0;
  /** Where it ended for good, in the midst of what was read. */
  #stoppedAt: number | undefined;
  /** The size at the last look. */
  #seenSize = 0;
  /**
   * The time of the last write at the last look, or -1 where the file goes on from another one and was not looked at yet, and
   * whether it was so long ago that any later write has another time.
   */
  #lastMtimeMs: number;
  #isSettled = false;
  /** When it was looked at last, and held still what was read of it: in milliseconds since the epoch. */
  #wholeMs = Date.now();

  /** Opens a regular file. Throws the system's error, or a RigError when it is something else than a file that can grow. */
  constructor(path: string) {
    this.fd = openSync(path, openFlags);
    const stat = fstatSync(this.fd, { bigint: true });
    const reason = stat.isFile() ? reasonAgainstFollowing(this.fd) : 'not a regular file';
    if (reason !== undefined) {
      closeSync(this.fd);
      throw new RigError(`${path}: ${reason}`);
    }
    if (shared.length === 0) shared = vectorBuffer(dataAt + sliceBytes + 1);
    this.path = path;
    this.names = [...new Set([path, this.place])];
    this.identity = identityOf(stat);
    // As later looks have it, with a fraction: a bigint has whole milliseconds only.
    this.#lastMtimeMs = fstatSync(this.fd).mtimeMs;
    this.inode = String(stat.ino);
    this.device = String(stat.dev);
    this.#born = stat.birthtimeNs > 0n ? stat.birthtime.toISOString() : null;
  }

  /** What identifies it by now; undefined when it is gone from its network file system. */
  get identityNow(): string | undefined {
    try {
      return identityOf(fstatSync(this.fd, { bigint: true }));
    } catch {
      // ESTALE: it is told of when it is read.
      return undefined;
    }
  }

  /** Opens what a path leads to, and goes on with that descriptor if it is this file. Returns whether it is. */
  reopen(path: string): boolean {
    const fd = openSync(path, openFlags);
    if (identityOf(fstatSync(fd, { bigint: true })) !== this.identity) {
      closeSync(fd);
      return false;
    }
    closeSync(this.fd);
    this.fd = fd;
    this.#lastMtimeMs = -1;
    return true;
  }

  /** Up to where the file was read. */
  get offset(): number {
    return this.#readTo;
  }

  /** Which bytes of it were examined. */
  get span(): ExaminedSpan {
    const isTailExamined = this.#tailExaminedTo === this.#readTo;
    const to = this.#stoppedAt ?? (isTailExamined ? this.#readTo : this.#lineStart);
    return { device: this.device, inode: this.inode, born: this.#born, from: this.#from, to };
  }

  /** Nothing behind this offset will be examined, though it may have been read: the rig has triggered there. */
  endAt(offset: number): void {
    this.#stoppedAt ??= offset;
  }

  /**
   * Goes to the end: what is there by now is old. The end of an unfinished line is still to come, and then the whole line
   * counts as new, so its beginning is looked for, in the last 64 KiB. `size` is where the end was.
   */
  skipToEnd(size = fstatSync(this.fd).size): void {
    const from = Math.max(0, size - Math.min(lookBackBytes, sliceBytes));
    const length = readSync(this.fd, shared, dataAt, size - from, from);
    const lastNewline = shared.subarray(dataAt, dataAt + length).lastIndexOf(newline);
    this.#readTo = from + length;
    this.#lineStart = from + lastNewline + 1;
    this.#from = this.#lineStart;
    if (length > 0 && shared[dataAt + length - 1] === 0) this.hasHole = true;
    // Should the file be rotated away before the line has grown, all of it is old.
    this.#tailExaminedTo = this.#readTo;
    this.#fingerprint.forget();
    if (length > 0) this.#fingerprint.update(this.fd, shared.subarray(dataAt, dataAt + length), this.#readTo);
  }

  /** Goes on where another descriptor of the same file, or of one with the same bytes up to there, had come to. */
  continueFrom(other: FollowedFile): void {
    this.goOnAt(other.position);
    if (other.identity === this.identity) this.#from = other.#from;
  }

  /** Goes on at a position of a file with the same bytes up to there. */
  goOnAt(position: FilePosition): void {
    this.#lineStart = position.lineStart;
    this.#readTo = position.readTo;
    this.#longLineStart = position.longLineStart;
    this.#isLineCounted = position.isLineCounted;
    this.#tailExaminedTo = position.tailExaminedTo;
    position.fingerprint.copyTo(this.#fingerprint);
    this.#from = position.lineStart;
    this.#lastMtimeMs = -1;
  }

  /** Whether it holds what was read of another file before that was truncated. */
  isCopyOf({ readTo, fingerprint }: FilePosition): boolean {
    return !fingerprint.isEmpty && fstatSync(this.fd).size >= readTo && fingerprint.isIn(this.fd);
  }

  /** Whether it begins as the other file did, and is shorter than what was read there: copied before the last of that. */
  isEarlierCopyOf({ readTo, fingerprint }: FilePosition): boolean {
    const { size } = fstatSync(this.fd);
    return !fingerprint.isEmpty && size > 0 && size < readTo && fingerprint.isHeadIn(this.fd, size);
  }

  /** Where its examination stands. */
  get position(): FilePosition {
    const fingerprint = new Fingerprint();
    this.#fingerprint.copyTo(fingerprint);
    return {
      lineStart: this.#lineStart,
      readTo: this.#readTo,
      longLineStart: this.#longLineStart,
      isLineCounted: this.#isLineCounted,
      tailExaminedTo: this.#tailExaminedTo,
      fingerprint,
    };
  }

  /** Leaves its unfinished line to the file that goes on in its place. */
  leaveTail(): void {
    this.#tailExaminedTo = this.#readTo;
  }

  /** Goes on counting where another descriptor of the same file had come to. */
  takeFigures(other: FollowedFile): void {
    this.lines = other.lines;
    this.bytes = other.bytes;
    this.matches = other.matches;
    this.passedOver = other.passedOver;
    this.longLines = other.longLines;
    this.hasHole = other.hasHole;
  }

  /** Whether nothing has been written since it was read, by its size and the time of the last write. */
  isUnchanged({ size, mtimeMs }: { size: number; mtimeMs: number } = fstatSync(this.fd)): boolean {
    return size === this.#readTo && mtimeMs === this.#lastMtimeMs && this.#isSettled;
  }

  /** Reads and examines at most one slice. Returns whether there may be more. */
  readSlice(matcher: Matcher, onMatch: OnFileMatch): boolean {
    const lookedMs = Date.now();
    const { size, mtimeMs, nlink } = fstatSync(this.fd);
    this.isDeleted = nlink === 0;
    if (this.isUnchanged({ size, mtimeMs })) {
      this.#wholeMs = lookedMs;
      return false;
    }
    // Nothing shows of an empty log what came and was cut off since.
    const mayHaveHadMore = this.#readTo === 0 && this.#lastMtimeMs >= 0 && mtimeMs !== this.#lastMtimeMs;
    this.#lastMtimeMs = mtimeMs;
    this.#isSettled = lookedMs - mtimeMs > clockTickMs;
    // It may be a copy of another log by now, and go on behind what it repeats.
    if (mayHaveHadMore) this.#startOver(lookedMs);
    if ((mayHaveHadMore || this.startOverIfRewritten(lookedMs, size)) && this.#readTo > 0) return true;
    this.#wholeMs = lookedMs;
    this.#seenSize = size;
    if (size === this.#readTo) return false;
    const unfinished = this.#readTo - this.#lineStart;
    const room = sliceBytes - unfinished;
    const newBytes = room > 0 ? this.#readNew(dataAt + unfinished, room) : 0;
    // Truncated just now: the next look sees it.
    if (newBytes === undefined) return true;
    if (newBytes === 0) return false;
    const arrived = shared.subarray(dataAt + unfinished, dataAt + unfinished + newBytes);
    // A line written byte by byte must not be read again each time; a slice that is full is a window of a long line.
    const extendsLine = unfinished > 0 && newBytes < room && !arrived.includes(newline);
    if (!extendsLine && unfinished > 0 && !this.#readAgain(unfinished)) return true;
    this.bytes += newBytes;
    this.#readTo += newBytes;
    this.#fingerprint.update(this.fd, arrived, this.#readTo);
    if (arrived.at(-1) === 0) this.hasHole = true;
    if (extendsLine) return false;
    const length = unfinished + newBytes;
    if (this.#skipsNuls(length)) return true;
    this.#examine(length, matcher, onMatch);
    return length === sliceBytes;
  }

  /** What it holds is new when it was truncated or written anew since it was read. Returns whether it was. */
  startOverIfRewritten(lookedMs = Date.now(), size = fstatSync(this.fd).size): boolean {
    const isRewritten = size < this.#readTo || !this.#fingerprint.isIn(this.fd);
    if (isRewritten) this.#startOver(lookedMs);
    return isRewritten;
  }

  /** Examines the unfinished last line: the file was rotated away, and its newline may never come. */
  examineTail(matcher: Matcher, onMatch: OnFileMatch): void {
    if (this.#lineStart === this.#readTo || this.#tailExaminedTo === this.#readTo) return;
    this.#tailExaminedTo = this.#readTo;
    const length = readSync(
      this.fd,
      shared,
      dataAt,
      Math.min(sliceBytes, this.#readTo - this.#lineStart),
      this.#lineStart,
    );
    this.#scanWindow(dataAt, dataAt + length, matcher, onMatch);
  }

  /** Whether another file holds, in the same places, what is known of the bytes that were read from this one. */
  isContinuedIn(other: FollowedFile): boolean {
    return this.#readTo > 0 && this.#fingerprint.isIn(other.fd);
  }

  /** Whether it begins with the byte order mark of UTF-16; known as soon as something has been read. */
  get isUtf16(): boolean {
    return this.#fingerprint.hasUtf16Mark;
  }

  /** Where it is now, or was when it was deleted. */
  get place(): string {
    return placeOf(this.fd) ?? this.path;
  }

  close(): void {
    closeSync(this.fd);
  }

  /**
   * Reads at most `length` bytes from the read position to a place in the shared buffer, and what is known of those before it in
   * the same call: another one would not show whether the file was written anew between the two. Returns how many bytes there
   * are; undefined when the file holds something else than what was read.
   */
  #readNew(at: number, length: number): number | undefined {
    const { tail } = this.#fingerprint;
    const from = at - tail.length;
    const found = readSync(this.fd, shared, from, tail.length + length, this.#readTo - tail.length);
    return shared.compare(tail, 0, tail.length, from, from + Math.min(found, tail.length)) === 0
      ? found - tail.length
      : undefined;
  }

  /** Reads what is known of the unfinished line to the beginning of the shared buffer; false when it is not there any more. */
  #readAgain(unfinished: number): boolean {
    const { tail } = this.#fingerprint;
    const known = Math.min(unfinished, tail.length);
    return (
      readSync(this.fd, shared, dataAt, unfinished, this.#lineStart) === unfinished &&
      shared.compare(tail, tail.length - known, tail.length, dataAt + unfinished - known, dataAt + unfinished) === 0
    );
  }

  /** Examines the slice in the shared buffer, which begins at the line start, and moves the line start behind it. */
  #examine(length: number, matcher: Matcher, onMatch: OnFileMatch): void {
    const dataEnd = dataAt + length;
    const lastNewline = shared.lastIndexOf(newline, dataEnd - 1);
    if (lastNewline < dataAt) {
      if (length === sliceBytes) this.#examineWindow(dataEnd, matcher, onMatch);
      return;
    }
    let from = dataAt;
    if (this.#longLineStart !== undefined || this.#isLineCounted) {
      from = shared.indexOf(newline, dataAt) + 1;
      this.#scanWindow(dataAt, from - 1, matcher, onMatch);
    }
    const base = this.#lineStart - dataAt;
    const linesEnd = lastNewline + 1;
    this.lines += countNewlines(shared.subarray(dataAt), linesEnd - dataAt);
    this.#lineStart = base + linesEnd;
    this.#longLineStart = undefined;
    this.#isLineCounted = false;
    const chunk = shared.subarray(from, linesEnd);
    matcher.scan(chunk, (start, end) => onMatch(this, chunk.subarray(start, end), base + from + start));
  }

  /** Examines a full slice of a long line and moves on, some way back from its end. */
  #examineWindow(dataEnd: number, matcher: Matcher, onMatch: OnFileMatch): void {
    this.#scanWindow(dataAt, dataEnd, matcher, onMatch, true);
    if (this.#longLineStart === undefined) this.longLines++;
    this.#longLineStart ??= this.#lineStart;
    this.#lineStart += dataEnd - dataAt - overlapBytes;
  }

  /**
   * Examines a part of a line. A NUL stands where the line goes on, so that `^` and `$` do not match there, and a line is
   * counted once, however many of its parts match.
   */
  #scanWindow(from: number, to: number, matcher: Matcher, onMatch: OnFileMatch, goesOn = false): void {
    if (this.#isLineCounted) return;
    let [start, end] = [from, to];
    const after = shared[to] as number;
    if (this.#longLineStart !== undefined) shared[--start] = 0;
    if (goesOn) shared[end++] = 0;
    else if (end > start && shared[end - 1] === 13) end--;
    const window = Buffer.from(shared.subarray(start, end));
    shared[to] = after;
    if (!matcher.test(window)) return;
    this.#isLineCounted = true;
    onMatch(this, window, this.#longLineStart ?? this.#lineStart);
  }

  /** Skips NUL bytes where a line should begin: a writer that kept its offset left a hole when the file was truncated. */
  #skipsNuls(length: number): boolean {
    if (shared[dataAt] !== 0 || this.#longLineStart !== undefined) return false;
    this.hasHole = true;
    let at = dataAt + 1;
    while (at < dataAt + length && shared[at] === 0) at++;
    this.#lineStart += at - dataAt;
    this.#readTo = this.#lineStart;
    this.#fingerprint.forget();
    return true;
  }

  /** The file was truncated or rewritten: what it holds now is new. */
  #startOver(lookedMs: number): void {
    const unreadBytes = Math.max(0, this.#seenSize - this.#readTo);
    const before = { position: this.position, span: this.span, unreadBytes, wholeMs: this.#wholeMs };
    this.#wholeMs = lookedMs;
    this.#from = 0;
    this.#lineStart = 0;
    this.#readTo = 0;
    this.#longLineStart = undefined;
    this.#isLineCounted = false;
    this.#tailExaminedTo = 0;
    this.#fingerprint.forget();
    this.onTruncated?.(before);
  }
}

/** A link may lead to where nothing is ever appended. */
function reasonAgainstFollowing(fd: number): string | undefined {
  const pseudo = pseudoFileSystem(`/proc/self/fd/${fd}`);
  return pseudo === undefined ? undefined : `leads to ${pseudo}, whose files can be watched by their own names only`;
}

/** Where an open file is, or was when it was deleted: see proc_pid_fd(5). Undefined without /proc. */
function placeOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}
