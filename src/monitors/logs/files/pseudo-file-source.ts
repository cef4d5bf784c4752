/** Files that the kernel makes at the moment they are read, as a source: nothing is appended to them or announces a change. */
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../../../errors.ts';
import { pseudoFileSystem } from '../../../host/file-systems.ts';
import type { SourceStatus } from '../../../plugin.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { defaultIntervalMs } from './file-source.ts';
import { PseudoFile, tooLarge } from './pseudo-file.ts';

/** How long arming waits for the first readings. */
const armingMs = 1000;
/** How long a reading may take beyond the interval before `--absent` and others judge. */
const readingTimeMs = 500;

export class PseudoFileSource implements Source {
  readonly #context: SourceContext;
  readonly #files: PseudoFile[];
  readonly #intervalMs: number;
  #isLooking = false;
  #endLooks: (() => void) | undefined;

  constructor(paths: string[], context: SourceContext, { intervalMs }: { intervalMs?: number | undefined } = {}) {
    this.#context = context;
    this.#intervalMs = intervalMs ?? defaultIntervalMs;
    this.#files = paths.map((path) => new PseudoFile(path, context, this.#intervalMs));
  }

  get readingMs(): number {
    return this.#intervalMs + readingTimeMs;
  }

  /** Throws a UsageError for a file that is too large. One that hangs is no reason to watch nothing. */
  async start(): Promise<void> {
    await Promise.race([this.#lookAtAll(), delay(armingMs, undefined, { ref: false })]);
    const large = this.#files.find(({ problem }) => problem === tooLarge);
    if (large) throw new UsageError(`--logfile ${large.path}: ${tooLarge}`);
    this.#tell();
    this.#endLooks = this.#context.clock.every(this.#intervalMs, () => void this.#lookAtAll());
  }

  async stop(): Promise<void> {
    this.#endLooks?.();
  }

  /** Nothing to give back: what was read is kept in memory. */
  close(): void {}

  status(): SourceStatus[] {
    return this.#files.map((file) => file.status());
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    return this.#files.map((file) => file.excerpt(position && 'file' in position ? position : undefined));
  }

  /**
   * Reads one file after the other. One that hangs keeps the others waiting, and the status says so: with a thread for each,
   * those that hang could take all four threads of this process, and the archive needs one.
   */
  async #lookAtAll(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const file of this.#files) await file.look();
    this.#isLooking = false;
  }

  #tell(): void {
    const { remark } = this.#context;
    const fileSystems = new Map(this.#files.map(({ path }) => [pseudoFileSystem(path) ?? 'the kernel', path]));
    for (const [fileSystem, path] of fileSystems)
      remark(
        `${path} is read every ${this.#intervalMs} ms, because its file system (${fileSystem}) does not announce changes: a line counts that was not there at the reading before`,
      );
    for (const { path, hasMatch } of this.#files)
      if (hasMatch) remark(`${path}: the message matches what is there already, which counts only when it comes anew`);
  }
}
