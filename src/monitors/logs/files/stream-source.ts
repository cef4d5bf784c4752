/** Standard input and fifos as a source: what comes once and cannot be read again. */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { messageOf, RigError } from '../../../errors.ts';
import type { SourceStatus } from '../../../plugin.ts';
import { lastLines } from '../last-lines.ts';
import type { LinePosition, LinesAfter, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { contextBytes, contextLines } from '../source.ts';
import { type ExaminedSpan, FileRecord, longLinesDoubt, utf16Gap, utf16Remark } from './file-record.ts';
import { hasUtf16Mark } from './fingerprint.ts';
import { StreamLines } from './stream-lines.ts';
import { SuppressedLines } from './suppressed-lines.ts';

/** Its name on the command line. */
export const standardInput = '-';

/** What a stream is called in the status, the manifest and the context. */
export const streamName = (path: string): string => (path === standardInput ? 'standard input' : path);

/** A fifo hands each byte to one of those who read it, and to no other: see fifo(7). */
const fifoDoubt = 'what another process reads from the fifo does not come here';

/** How often it is looked whether a fifo was made anew. */
const lookEveryMs = 1000;

/** So many fifos of a name that were made anew since are told of one by one; a service that never stays up makes thousands. */
const mostEnded = 4;

interface Stream {
  source: string;
  device: string;
  inode: string;
  readable: Readable;
  record: FileRecord;
  lines: StreamLines;
  /** The last bytes that were read, for the context. */
  recent: Buffer;
  hasEnded: boolean;
  /** Where the line ended with which the rig has triggered: what came behind it was not examined. */
  stoppedAt: number | undefined;
  matches: number;
  passedOver: number;
}

/** A stream is read no further once the rig has triggered: whoever else reads it gets what comes. */
const readAfter = async (): Promise<LinesAfter> => ({ text: Buffer.alloc(0), isCut: false });

export class StreamSource implements Source {
  readonly #paths: string[];
  readonly #context: SourceContext;
  readonly #onAllEnded: () => void;
  readonly #streams: Stream[] = [];
  readonly #suppressedLines = new SuppressedLines();
  #endLooks: (() => void) | undefined;

  /** `onAllEnded` is called when nothing can come any more. */
  constructor(paths: string[], context: SourceContext, onAllEnded: () => void) {
    this.#paths = paths;
    this.#context = context;
    this.#onAllEnded = onAllEnded;
  }

  async start(): Promise<void> {
    for (const path of this.#paths) this.#follow(path);
    const fifos = this.#paths.filter((path) => path !== standardInput);
    if (fifos.length > 0)
      this.#endLooks = this.#context.clock.every(lookEveryMs, () => {
        for (const path of fifos) this.#lookForNext(path);
      });
  }

  /**
   * Services make their fifo anew when they start: then the next one is read, too. Nothing is lost meanwhile, since whoever
   * opens a fifo for writing waits for a reader.
   */
  #lookForNext(path: string): void {
    if (this.#context.isOver()) return;
    try {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      // One that is not read any more has given its number back.
      const isRead = this.#streams.some(
        ({ device, inode, hasEnded }) => !hasEnded && String(found?.dev) === device && String(found?.ino) === inode,
      );
      if (!found?.isFIFO() || isRead) return;
      this.#endReplaced(streamName(path));
      this.#follow(path);
    } catch (error) {
      this.#context.debug(`${path}: ${messageOf(error)}`);
    }
  }

  /** The one before stays, since it may still have writers; those before that are given up. */
  #endReplaced(source: string): void {
    const [, ...older] = this.#streams.filter((stream) => stream.source === source && !stream.hasEnded).reverse();
    for (const stream of older) {
      this.#onEnd(stream);
      stream.readable.destroy();
    }
    this.#forgetOldest(source);
  }

  /** Of those that are forgotten, what is in their certificates goes to the oldest that is not. */
  #forgetOldest(source: string): void {
    const ended = this.#streams.filter((stream) => stream.source === source && stream.hasEnded);
    for (const [index, stream] of ended.slice(0, -mostEnded).entries()) {
      const next = ended[index + 1] as Stream;
      if (stream.lines.longLines > 0) stream.record.doubt(longLinesDoubt);
      next.record.absorb(stream.record);
      next.record.end({ ...spanOf(stream), ended: 'let go' });
      next.matches += stream.matches;
      next.passedOver += stream.passedOver;
      this.#streams.splice(this.#streams.indexOf(stream), 1);
    }
  }

  /** Nothing to give back: what was read is kept in memory. */
  close(): void {}

  async stop(): Promise<void> {
    this.#endLooks?.();
    for (const { readable } of this.#streams) readable.destroy();
  }

  status(): SourceStatus[] {
    return this.#streams.map((stream) => {
      const { source, lines: text, hasEnded, matches, passedOver } = stream;
      const { lines, bytes, longLines } = text;
      const state = hasEnded ? 'ended' : 'reading';
      const doubts = longLines > 0 ? [longLinesDoubt] : [];
      const certificate = stream.record.status([spanOf(stream)], { doubts, gaps: [] });
      return { source, state, offset: bytes, lines, bytes, matches, passedOver, ...certificate };
    });
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    return this.#streams.map(({ source, inode, recent, lines }) => {
      const isTrigger = position && 'file' in position && position.file === source && position.inode === inode;
      const at = isTrigger ? position.offset - (lines.bytes - recent.length) : -1;
      if (at < 0) return { source, text: lastLines(recent, contextLines), readAfter };
      const lineEnd = recent.indexOf('\n', at);
      const before = lastLines(recent.subarray(0, at), contextLines - 1);
      const line = lineEnd < 0 ? recent.subarray(at) : recent.subarray(at, lineEnd + 1);
      return { source, text: Buffer.concat([before, line]), triggerAt: before.length, readAfter };
    });
  }

  #follow(path: string): void {
    const source = streamName(path);
    const { readable, device, inode } = path === standardInput ? openStandardInput() : openFifo(path);
    const record = new FileRecord();
    if (path !== standardInput) record.doubt(fifoDoubt);
    const matcher = this.#suppressedLines.noting(this.#context.matcher, [record]);
    const lines = new StreamLines(matcher, (line, offset) => {
      const position = { file: source, inode, offset };
      const taken = this.#context.onMatch({ source, line, position, atMs: Date.now() });
      if (taken === 'counted') stream.matches++;
      else stream.passedOver++;
      if (!this.#context.isOver()) return true;
      stream.stoppedAt = offset + line.length;
      return false;
    });
    const state = { recent: Buffer.alloc(0), hasEnded: false, stoppedAt: undefined, matches: 0, passedOver: 0 };
    const stream: Stream = { source, device, inode, readable, record, lines, ...state };
    this.#streams.push(stream);
    readable.on('data', (data: Buffer) => {
      this.#take(stream, data);
      // libuv would go on for two megabytes: the actions of a trigger among a flood of matches have their turn, too.
      readable.pause();
      setImmediate(() => readable.resume());
    });
    readable.on('end', () => this.#onEnd(stream));
    readable.on('error', (error) => {
      this.#context.remark(`${source}: cannot be read: ${error.message}`);
      record.gaps.add(`cannot be read: ${error.message}`);
      this.#onEnd(stream);
    });
  }

  #take(stream: Stream, data: Buffer): void {
    if (this.#context.isOver()) return;
    stream.recent = Buffer.concat([stream.recent, data]).subarray(-contextBytes);
    const hadLess = stream.lines.bytes < 2;
    stream.lines.push(data);
    if (!hadLess || stream.lines.bytes < 2 || !hasUtf16Mark(stream.recent)) return;
    stream.record.gaps.add(utf16Gap);
    this.#context.remark(`${stream.source}: ${utf16Remark}`);
  }

  #onEnd(stream: Stream): void {
    if (stream.hasEnded || this.#context.isOver()) return;
    stream.hasEnded = true;
    stream.lines.end();
    if (!this.#context.isOver() && this.#streams.every(({ hasEnded }) => hasEnded)) this.#onAllEnded();
  }
}

const spanOf = ({ device, inode, lines, stoppedAt }: Stream): ExaminedSpan => {
  return { device, inode, born: null, from: 0, to: stoppedAt ?? lines.examinedTo };
};

function openStandardInput(): Opened {
  const { dev, ino } = fstatSync(process.stdin.fd, { bigint: true });
  return { readable: process.stdin, device: String(dev), inode: String(ino) };
}

type Opened = Pick<Stream, 'readable' | 'device' | 'inode'>;

/** Opens a fifo for reading and writing, so that it does not end whenever a writer closes it: see fifo(7). */
function openFifo(path: string): Opened {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFIFO()) {
    closeSync(fd);
    throw new RigError(`${path}: no longer a fifo`);
  }
  const readable = new Socket({ fd, readable: true, writable: false });
  return { readable, device: String(stat.dev), inode: String(stat.ino) };
}
