/** Standard input and fifos as a source: what comes once and cannot be read again. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { RigError } from '../../../errors.ts';
import type { Cancel } from '../../../host/clock.ts';
import type { SourceStatus } from '../../../plugin.ts';
import { lastLines } from '../last-lines.ts';
import type { LinePosition, LinesAfter, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { contextBytes, contextLines, tailAfterMs } from '../source.ts';
import { Certificate, type ExaminedSpan, longLinesDoubt } from './certificate.ts';
import { StreamLines } from './stream-lines.ts';
import { SuppressedLines } from './suppressed-lines.ts';

/** Its name on the command line. */
export const standardInput = '-';

/** What a stream is called in the status, the manifest and the context. */
export const streamName = (path: string): string => (path === standardInput ? 'standard input' : path);

/** A fifo hands each byte to one of those who read it, and to no other; a fifo that is made anew is another one: see fifo(7). */
const fifoDoubt =
  'what another process reads from the fifo, or what is written to a new fifo of its name, does not come here';

/** What is read, and what identifies it. */
interface Opened {
  readable: Readable;
  device: string;
  inode: string;
}

interface Stream extends Opened {
  source: string;
  certificate: Certificate;
  lines: StreamLines;
  /** The last bytes that were read, for the context. */
  recent: Buffer;
  hasEnded: boolean;
  /** Ends the wait for more of the unfinished line. */
  cancelTail: Cancel | undefined;
  /** Where the line ended that triggered the rig: what came behind it was not examined. */
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

  /** `onAllEnded` is called when nothing can come any more. */
  constructor(paths: string[], context: SourceContext, onAllEnded: () => void) {
    this.#paths = paths;
    this.#context = context;
    this.#onAllEnded = onAllEnded;
  }

  async start(): Promise<void> {
    for (const path of this.#paths) this.#follow(path);
  }

  /** Nothing to give back: what was read is kept in memory. */
  close(): void {}

  async stop(): Promise<void> {
    for (const { readable, cancelTail } of this.#streams) {
      readable.destroy();
      cancelTail?.();
    }
  }

  status(): SourceStatus[] {
    return this.#streams.map((stream) => {
      const { source, lines: text, hasEnded, matches, passedOver } = stream;
      const { lines, bytes, longLines } = text;
      const state = hasEnded ? 'ended' : 'reading';
      const doubts = longLines > 0 ? [longLinesDoubt] : [];
      const coverage = stream.certificate.status([spanOf(stream)], { doubts, gaps: [] });
      return { source, state, offset: bytes, lines, bytes, matches, passedOver, ...coverage };
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
    const certificate = new Certificate();
    if (path !== standardInput) certificate.doubt(fifoDoubt);
    const matcher = this.#suppressedLines.noting(this.#context.matcher, [certificate]);
    const lines = new StreamLines(matcher, (line, offset) => {
      const position = { file: source, inode, offset };
      const taken = this.#context.onMatch({ source, line, position, atMs: Date.now() });
      if (taken === 'counted') stream.matches++;
      else stream.passedOver++;
      if (!this.#context.isOver()) return true;
      stream.stoppedAt = offset + line.length;
      return false;
    });
    const nothingYet = { recent: Buffer.alloc(0), hasEnded: false, cancelTail: undefined, stoppedAt: undefined };
    const figures = { matches: 0, passedOver: 0 };
    const stream: Stream = { source, device, inode, readable, certificate, lines, ...nothingYet, ...figures };
    this.#streams.push(stream);
    readable.on('data', (data: Buffer) => {
      this.#take(stream, data);
      // libuv would read on for two megabytes. In a flood, a trigger's actions must have their turn, too.
      readable.pause();
      setImmediate(() => readable.resume());
    });
    readable.on('end', () => this.#onEnd(stream));
    readable.on('error', (error) => {
      this.#context.remark(`${source}: cannot be read: ${error.message}`);
      certificate.gaps.add(`cannot be read: ${error.message}`);
      this.#onEnd(stream);
    });
  }

  #take(stream: Stream, data: Buffer): void {
    if (this.#context.isOver()) return;
    stream.recent = Buffer.concat([stream.recent, data]).subarray(-contextBytes);
    stream.lines.push(data);
    stream.cancelTail?.();
    stream.cancelTail = this.#context.clock.after(tailAfterMs, () => {
      if (!this.#context.isOver()) stream.lines.examineTail();
    });
  }

  #onEnd(stream: Stream): void {
    if (stream.hasEnded || this.#context.isOver()) return;
    stream.hasEnded = true;
    stream.cancelTail?.();
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
