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
import type { LinePosition, SourceContext, SourceExcerpt } from '../source.ts';
import { Certificate } from './certificate.ts';

/** A larger file is not read at every interval, and of a part of it nobody could say which lines are new. */
const mostBytes = 1024 * 1024;
const firstBytes = 16 * 1024;
export const tooLarge = 'larger than 1 MiB, which is too much to be read again and again';
/** Where no reading has ended for longer, reading is said to hang. */
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

/** What stood in it at one reading. */
interface Reading {
  text: Buffer;
  inode: string;
}

export class PseudoFile {
  readonly path: string;
  readonly #context: SourceContext;
  readonly #intervalMs: number;
  readonly #certificate = new Certificate();
  #reading: Reading = { text: Buffer.alloc(0), inode: '' };
  /** The text of the reading in which the last match was found. */
  #matchedText: Buffer = this.#reading.text;
  /** How often each matching line stood in it at the last reading; undefined before the first. */
  #standing: Map<string, number> | undefined;
  #lookedMs = nowMs();
  #problem: string | undefined;
  readonly #figures = { readings: 0, matches: 0, passedOver: 0 };

  constructor(path: string, context: SourceContext, intervalMs: number) {
    this.path = path;
    this.#context = context;
    this.#intervalMs = intervalMs;
  }

  /** Why it could not be read at the last look. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Whether lines match that stood in it at the last reading. */
  get hasMatch(): boolean {
    return this.#standing !== undefined && this.#standing.size > 0;
  }

  /** Reads and examines it. Never rejects. */
  async look(): Promise<void> {
    try {
      this.#take(await readWhole(this.path));
      this.#problem = undefined;
    } catch (error) {
      this.#onError(error);
    }
    if (this.#hangs) this.#certificate.gaps.add('not read for more than 5 s');
    this.#lookedMs = nowMs();
  }

  status(): SourceStatus {
    const doubts = [`it is read every ${this.#intervalMs} ms: what stood in it only in between is not seen`];
    const since = new Date(Date.now() - this.#silentMs).toISOString();
    const gaps = this.#hangs ? [`not read since ${since}: reading hangs`] : [];
    const { examined: _none, ...certificate } = this.#certificate.status([], { doubts, gaps });
    const { text } = this.#reading;
    return {
      source: this.path,
      state: text.length === 0 ? 'nothing to read at the moment' : 'read as a whole',
      wokenBy: 'polling',
      bytes: text.length,
      ...this.#figures,
      ...certificate,
    };
  }

  /** The whole reading that a trigger was in, else the last one. `position` is that of the trigger, if it has one in a file. */
  excerpt(position: { file: string; offset: number } | undefined): SourceExcerpt {
    const readAfter = async () => ({ text: Buffer.alloc(0), isCut: false });
    if (position?.file !== this.path) return { source: this.path, text: this.#reading.text, readAfter };
    return { source: this.path, text: this.#matchedText, triggerAt: position.offset, readAfter };
  }

  get #silentMs(): number {
    return nowMs() - this.#lookedMs;
  }

  get #hangs(): boolean {
    return this.#silentMs > hangsAfterMs + this.#intervalMs;
  }

  /** Examines a reading. Of equal lines, those count that are more than in the reading before. */
  #take(reading: Reading): void {
    if (this.#context.isOver()) return;
    const before = this.#standing;
    this.#reading = reading;
    this.#figures.readings++;
    const standing = new Map<string, number>();
    this.#context.matcher.scan(reading.text, (start, end) => {
      const line = reading.text.subarray(start, end);
      const key = line.toString('latin1');
      const times = (standing.get(key) ?? 0) + 1;
      standing.set(key, times);
      if (before && times > (before.get(key) ?? 0)) this.#report(line, start);
      return !this.#context.isOver();
    });
    this.#standing = standing;
  }

  #report(line: Buffer, offset: number): void {
    const { text, inode } = this.#reading;
    this.#matchedText = text;
    const position: LinePosition = { file: this.path, inode, offset };
    const taken = this.#context.onMatch({ source: this.path, line, position, atMs: Date.now() });
    if (taken === 'counted') this.#figures.matches++;
    else this.#figures.passedOver++;
  }

  /** Where there is nothing to read, all that comes is new. While it cannot be read, what it held before stays old. */
  #onError(error: unknown): void {
    if (nothingThere.includes(errnoOf(error) ?? '')) {
      this.#take({ text: Buffer.alloc(0), inode: '' });
      this.#problem = undefined;
      return;
    }
    const problem = messageOf(error);
    this.#certificate.gaps.add(`could not be read: ${problem}`);
    if (problem !== this.#problem) this.#context.remark(`${this.path}: cannot be read: ${problem}`);
    this.#problem = problem;
  }
}

/** Throws the system's error, or a RigError for what is larger than 1 MiB or is no file. */
async function readWhole(path: string): Promise<Reading> {
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
