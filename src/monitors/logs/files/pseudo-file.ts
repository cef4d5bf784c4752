/**
 * One file that the kernel makes at the moment it is read, as in /proc and /sys, and what stood in it: see proc(5), sysfs(5).
 * It is read as a whole again and again; a line is new that did not stand in it at the reading before.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf, messageOf, RigError } from '../../../errors.ts';
import { nowMs } from '../../../host/clock.ts';
import type { SourceStatus } from '../../../plugin.ts';
import { firstLines, lastLines } from '../last-lines.ts';
import type { Matcher } from '../matching/matcher.ts';
import type { LinePosition, SourceContext, SourceExcerpt } from '../source.ts';
import { contextBytes, contextLines } from '../source.ts';
import { Certificate } from './certificate.ts';

/** A larger file is not read at every interval, and of a part of it nobody could say which lines are new. */
const mostBytes = 1024 * 1024;
const firstBytes = 16 * 1024;
export const tooLarge = 'larger than 1 MiB, which is too much to be read again and again';
/** A reading that takes longer is said to hang. */
const hangsAfterMs = 5000;

/** The process or device that the file tells of has gone, or has no value now (the speed of a link that is down). */
const nothingThere = ['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'ESRCH', 'EINVAL', 'ENODATA'];

/**
 * Why a file of a pseudo file system cannot be watched, and what would be right; undefined where it can. `path` is without
 * links, `mode` that of stat(2). Which files are emptied by reading: proc(5), and the kernel's Documentation/trace/ftrace.rst.
 */
export function reasonAgainstReading(path: string, fileSystem: string, mode: number): string | undefined {
  const name = basename(path);
  if ((mode & 0o444) === 0) return 'it can only be written to';
  if (fileSystem === 'proc' && name === 'kmsg')
    return 'reading it takes the messages from others; the journal has them: --journal-match _TRANSPORT=kernel, or /var/log/kern.log';
  if (/^(?:trace_pipe(?:_raw)?|snapshot_raw)$/.test(name))
    return `reading it takes away what it holds; pipe it in: cat ${path} | rig logs --logfile - --foreground ...`;
  return undefined;
}

export class PseudoFile {
  readonly path: string;
  readonly #context: SourceContext;
  readonly #certificate = new Certificate();
  /** How often each matching line stood in it at the last reading; undefined before the first. */
  #standing: Map<string, number> | undefined;
  #text: Buffer = Buffer.alloc(0);
  #inode = '';
  /** The reading in which the last match was found. */
  #matchedText: Buffer = Buffer.alloc(0);
  #isEmpty = false;
  #isStopped = false;
  #isBeingRead = false;
  #lastReadMs = nowMs();
  #problem: string | undefined;
  #readings = 0;
  #matches = 0;
  #passedOver = 0;

  constructor(path: string, context: SourceContext) {
    this.path = path;
    this.#context = context;
  }

  /** Whether it was read once, or found to be unreadable. */
  get isKnown(): boolean {
    return this.#standing !== undefined || this.#problem !== undefined;
  }

  get isTooLarge(): boolean {
    return this.#problem === tooLarge;
  }

  /** How many lines match that stood in it at the last reading. */
  get standing(): number {
    return [...(this.#standing?.values() ?? [])].reduce((sum, times) => sum + times, 0);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Reads and examines it, unless a reading is going on. Never rejects. */
  async look(): Promise<void> {
    if (this.#isBeingRead || this.#isStopped) return;
    this.#isBeingRead = true;
    const beganMs = nowMs();
    try {
      const { text, inode } = await readWhole(this.path);
      this.#inode = inode;
      this.#take(text);
      this.#isEmpty = false;
      this.#problem = undefined;
    } catch (error) {
      this.#onError(error);
    }
    this.#isBeingRead = false;
    this.#lastReadMs = nowMs();
    if (this.#lastReadMs - beganMs > hangsAfterMs) this.#certificate.gaps.add('reading it took longer than 5 s');
  }

  status(intervalMs: number): SourceStatus {
    const doubts = [`it is read every ${intervalMs} ms: what stood in it only in between is not seen`];
    const silentMs = nowMs() - this.#lastReadMs;
    const since = new Date(Date.now() - silentMs).toISOString();
    const gaps = silentMs > hangsAfterMs + intervalMs ? [`not read since ${since}: reading hangs`] : [];
    const { examined: _none, ...certificate } = this.#certificate.status([], { doubts, gaps });
    return {
      source: this.path,
      state: this.#isEmpty ? 'nothing to read at the moment' : 'read as a whole',
      wokenBy: 'polling',
      readings: this.#readings,
      bytes: this.#text.length,
      matches: this.#matches,
      passedOver: this.#passedOver,
      ...certificate,
    };
  }

  /** The reading that a trigger was in, else the last one. `position` is that of the trigger, if it has one in a file. */
  excerpt(position: { file: string; offset: number } | undefined): SourceExcerpt {
    const at = position?.file === this.path ? position.offset : undefined;
    const whole = at === undefined ? this.#text : this.#matchedText;
    const before = lastLines(whole.subarray(0, at).subarray(-contextBytes), contextLines - 1);
    const behind = at === undefined ? Buffer.alloc(0) : whole.subarray(at);
    return {
      source: this.path,
      text: before,
      ...(at === undefined ? {} : { triggerAt: before.length }),
      readAfter: async () => firstLines(behind, contextLines, contextBytes),
    };
  }

  /** Examines a reading. Of equal lines, those count that are more than in the reading before. */
  #take(text: Buffer): void {
    if (this.#isStopped || this.#context.isOver()) return;
    const before = this.#standing;
    this.#text = text;
    this.#readings++;
    this.#standing = standingIn(text, this.#context.matcher, (line, offset, times) => {
      if (before && times > (before.get(line.toString('latin1')) ?? 0)) this.#report(line, offset);
      return !this.#context.isOver();
    });
  }

  #report(line: Buffer, offset: number): void {
    this.#matchedText = this.#text;
    const position: LinePosition = { file: this.path, inode: this.#inode, offset };
    const taken = this.#context.onMatch({ source: this.path, line, position, atMs: Date.now() });
    if (taken === 'counted') this.#matches++;
    else this.#passedOver++;
  }

  /** Where there is nothing to read, all that comes is new. While it cannot be read, what it held before stays old. */
  #onError(error: unknown): void {
    this.#isEmpty = nothingThere.includes(errnoOf(error) ?? '');
    if (this.#isEmpty) {
      this.#problem = undefined;
      this.#take(Buffer.alloc(0));
      return;
    }
    const problem = messageOf(error);
    this.#certificate.gaps.add(`could not be read: ${problem}`);
    if (problem !== this.#problem && problem !== tooLarge)
      this.#context.remark(`${this.path}: cannot be read: ${problem}`);
    this.#problem = problem;
  }
}

/** Counts the matching lines, equal ones together. `onLine` gets each, and how many equal ones there are up to it. */
function standingIn(
  text: Buffer,
  matcher: Matcher,
  onLine: (line: Buffer, offset: number, times: number) => boolean,
): Map<string, number> {
  const standing = new Map<string, number>();
  matcher.scan(text, (start, end) => {
    const line = text.subarray(start, end);
    const key = line.toString('latin1');
    const times = (standing.get(key) ?? 0) + 1;
    standing.set(key, times);
    return onLine(line, start, times);
  });
  return standing;
}

/** Throws the system's error, or a RigError for what is larger than 1 MiB or is no file. */
async function readWhole(path: string): Promise<{ text: Buffer; inode: string }> {
  // Not blocking: a file that has nothing to give at the moment says so instead of waiting.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) throw new RigError('not a regular file');
    let text = Buffer.alloc(firstBytes);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(text, length, text.length - length, length);
      if (bytesRead === 0) return { text: text.subarray(0, length), inode: String(stat.ino) };
      length += bytesRead;
      if (length > mostBytes) throw new RigError(tooLarge);
      if (length === text.length) text = Buffer.concat([text], length * 2);
    }
  } finally {
    await handle.close();
  }
}
