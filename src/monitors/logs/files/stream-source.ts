/** Standard input and fifos as a source: what comes once and cannot be read again. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { RigError } from '../../../errors.ts';
import type { SourceStatus, Trigger } from '../../../plugin.ts';
import { lastLines } from '../last-lines.ts';
import type { LinesAfter, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { contextBytes, contextLines } from '../source.ts';
import { StreamLines } from './stream-lines.ts';

/** Its name on the command line. */
export const standardInput = '-';

/** What a stream is called in the status, the manifest and the context. */
export const streamName = (path: string): string => (path === standardInput ? 'standard input' : path);

interface Stream {
  source: string;
  inode: string;
  readable: Readable;
  lines: StreamLines;
  /** The last bytes that were read, for the context. */
  recent: Buffer;
  hasEnded: boolean;
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
    for (const { readable } of this.#streams) readable.destroy();
  }

  status(): SourceStatus[] {
    return this.#streams.map(({ source, lines: { lines, bytes }, hasEnded, matches, passedOver }) => {
      const state = hasEnded ? 'ended' : 'reading';
      return { source, state, offset: bytes, lines, bytes, matches, passedOver };
    });
  }

  async context({ position }: Trigger): Promise<SourceExcerpt[]> {
    return this.#streams.map(({ source, recent, lines }) => {
      const at = 'file' in position && position.file === source ? position.offset - (lines.bytes - recent.length) : -1;
      if (at < 0) return { source, text: lastLines(recent, contextLines), readAfter };
      const lineEnd = recent.indexOf('\n', at);
      const before = lastLines(recent.subarray(0, at), contextLines - 1);
      const line = lineEnd < 0 ? recent.subarray(at) : recent.subarray(at, lineEnd + 1);
      return { source, text: Buffer.concat([before, line]), triggerAt: before.length, readAfter };
    });
  }

  #follow(path: string): void {
    const source = streamName(path);
    const { readable, inode } = path === standardInput ? { readable: process.stdin, inode: '' } : openFifo(path);
    const lines = new StreamLines(this.#context.matcher, (line, offset) => {
      const position = { file: source, inode, offset };
      const taken = this.#context.onMatch({ source, line, position, atMs: Date.now() });
      if (taken === 'counted') stream.matches++;
      else stream.passedOver++;
      return !this.#context.isOver();
    });
    const recent = Buffer.alloc(0);
    const stream: Stream = { source, inode, readable, lines, recent, hasEnded: false, matches: 0, passedOver: 0 };
    this.#streams.push(stream);
    readable.on('data', (data: Buffer) => this.#take(stream, data));
    readable.on('end', () => this.#onEnd(stream));
    readable.on('error', (error) => {
      this.#context.remark(`${source}: cannot be read: ${error.message}`);
      this.#onEnd(stream);
    });
  }

  #take(stream: Stream, data: Buffer): void {
    if (this.#context.isOver()) return;
    stream.recent = Buffer.concat([stream.recent, data]).subarray(-contextBytes);
    stream.lines.push(data);
  }

  #onEnd(stream: Stream): void {
    if (stream.hasEnded || this.#context.isOver()) return;
    stream.hasEnded = true;
    stream.lines.end();
    if (!this.#context.isOver() && this.#streams.every(({ hasEnded }) => hasEnded)) this.#onAllEnded();
  }
}

/** Opens a fifo for reading and writing, so that it does not end whenever a writer closes it: see fifo(7). */
function openFifo(path: string): { readable: Readable; inode: string } {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFIFO()) {
    closeSync(fd);
    throw new RigError(`${path}: no longer a fifo`);
  }
  return { readable: new Socket({ fd, readable: true, writable: false }), inode: String(stat.ino) };
}
