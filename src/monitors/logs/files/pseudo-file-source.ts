/** Files that the kernel makes at the moment they are read, as a source: nothing is appended to them or announces a change. */
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../../../errors.ts';
import { pseudoFileSystem } from '../../../host/file-systems.ts';
import type { SourceStatus } from '../../../plugin.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { defaultIntervalMs } from './file-source.ts';
import { PseudoFile, tooLarge } from './pseudo-file.ts';

/** A reading that hangs keeps one of the four threads of this process, and the archive needs one for zlib. */
const mostReaders = 2;
/** How long arming waits for the first readings. */
const armingMs = 1000;
/** How long a reading may take beyond the interval before `--absent` and others judge. */
const readingTimeMs = 500;

export class PseudoFileSource implements Source {
  readonly #context: SourceContext;
  readonly #files: PseudoFile[];
  readonly #intervalMs: number;
  /** Those whose turn to be read has not come yet. */
  readonly #due = new Set<PseudoFile>();
  #readers = 0;
  #endLooks: (() => void) | undefined;

  constructor(paths: string[], context: SourceContext, { intervalMs }: { intervalMs?: number | undefined } = {}) {
    this.#context = context;
    this.#intervalMs = intervalMs ?? defaultIntervalMs;
    this.#files = paths.map((path) => new PseudoFile(path, context));
  }

  get readingMs(): number {
    return this.#intervalMs + readingTimeMs;
  }

  /** Throws a UsageError for a file that is too large. One that hangs is no reason to watch nothing. */
  async start(): Promise<void> {
    for (const file of this.#files) this.#due.add(file);
    const readers = Array.from({ length: mostReaders }, () => this.#readDue());
    await Promise.race([Promise.all(readers), delay(armingMs, undefined, { ref: false })]);
    const large = this.#files.find(({ isTooLarge }) => isTooLarge);
    if (large) throw new UsageError(`--logfile ${large.path}: ${tooLarge}`);
    this.#tell();
    this.#endLooks = this.#context.clock.every(this.#intervalMs, () => this.#lookAtAll());
  }

  async stop(): Promise<void> {
    this.#endLooks?.();
    this.#due.clear();
    for (const file of this.#files) file.stop();
  }

  /** Nothing to give back: what was read is kept in memory. */
  close(): void {}

  status(): SourceStatus[] {
    return this.#files.map((file) => file.status(this.#intervalMs));
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    return this.#files.map((file) => file.excerpt(position && 'file' in position ? position : undefined));
  }

  /** Has each file read that is not being read; a few at the same time, so that one that hangs does not keep the others. */
  #lookAtAll(): void {
    for (const file of this.#files) this.#due.add(file);
    while (this.#readers < mostReaders && this.#due.size > 0) void this.#readDue();
  }

  async #readDue(): Promise<void> {
    this.#readers++;
    for (const file of this.#due) {
      this.#due.delete(file);
      await file.look();
    }
    this.#readers--;
  }

  #tell(): void {
    const { remark } = this.#context;
    const fileSystems = new Map(this.#files.map(({ path }) => [pseudoFileSystem(path) ?? 'the kernel', path]));
    for (const [fileSystem, path] of fileSystems)
      remark(
        `${path} is read every ${this.#intervalMs} ms, because its file system (${fileSystem}) does not announce changes: a line counts that was not there at the reading before`,
      );
    for (const { path, isKnown, standing } of this.#files) {
      if (!isKnown) remark(`${path}: reading it takes long; what it holds when it is read first does not count`);
      if (standing > 0)
        remark(`${path}: the message matches what is there already, which counts only when it comes anew`);
    }
  }
}
