/** What a program writes, whole, in a file. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, RigError } from '../../errors.ts';

/** How long what a program has written may take to arrive when it has ended: it is in a pipe of 64 KiB by then, pipe(7). */
const lateMs = 2000;

/** How much of a program's output is in the file. */
export interface OutputReport {
  bytes: number;
  /** There was more than the limit allowed; the rest is lost. */
  isCut: boolean;
  /** Why not everything could be written. */
  error?: string;
}

export class OutputFile {
  readonly #file: FileHandle;
  readonly #limit: number;
  readonly #report: OutputReport = { bytes: 0, isCut: false };
  #writing: Promise<void> = Promise.resolve();
  #ended: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, limit: number) {
    this.#file = file;
    this.#limit = limit;
  }

  /** Makes a new file (0600) that takes `limit` bytes at most. Throws a RigError where there is one already. */
  static async create(path: string, limit: number): Promise<OutputFile> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    try {
      return new OutputFile(await open(path, flags, 0o600), limit);
    } catch (error) {
      throw new RigError(`${path}: cannot be made: ${errnoOf(error)}`, { cause: error });
    }
  }

  /** Writes what comes from `stream`, no faster than the disk takes it, and reads on when the limit is reached. */
  collect(stream: Readable): void {
    this.#ended = new Promise((resolve) => {
      for (const event of ['end', 'close', 'error'] as const) stream.once(event, () => resolve());
    });
    stream.on('data', (chunk: Buffer) => {
      const piece = chunk.subarray(0, Math.max(0, this.#limit - this.#report.bytes));
      if (piece.length < chunk.length) this.#report.isCut = true;
      if (piece.length === 0 || this.#report.error !== undefined) return;
      this.#report.bytes += piece.length;
      stream.pause();
      this.#writing = this.#append(piece).finally(() => stream.resume());
    });
  }

  /** Waits until everything is in the file, when the program has ended. */
  async finish(): Promise<OutputReport> {
    // Something that has escaped may hold the pipe: what it writes is not waited for.
    await Promise.race([this.#ended, delay(lateMs, undefined, { ref: false })]);
    await this.#writing;
    await this.#file.close();
    return this.#report;
  }

  async #append(piece: Buffer): Promise<void> {
    try {
      await this.#file.appendFile(piece);
    } catch (error) {
      this.#report.bytes -= piece.length;
      this.#report.error = errnoOf(error) ?? messageOf(error);
    }
  }
}
