/** Keeps what a program writes in a file. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, RigError } from '../../errors.ts';

/** How long the last output of an ended program may take to arrive: at most 64 KiB of it are in the pipe, pipe(7). */
const lateMs = 2000;

/** How much of a program's output is in the file. */
export interface OutputReport {
  bytes: number;
  /** Whether there was more than the limit: the rest is lost. */
  isCut: boolean;
  /** Why something could not be written. */
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

  /** Makes a new file (0600) of at most `limit` bytes. Throws a RigError when it cannot, or the name is taken. */
  static async create(path: string, limit: number): Promise<OutputFile> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    try {
      return new OutputFile(await open(path, flags, 0o600), limit);
    } catch (error) {
      throw new RigError(`${path}: cannot be made: ${errnoOf(error)}`, { cause: error });
    }
  }

  /** Writes what comes from `stream`, as fast as the disk takes it. Beyond the limit it is read and dropped. */
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

  /** To be called when the program has ended: waits until everything is in the file, and closes it. */
  async finish(): Promise<OutputReport> {
    // A grandchild may hold the pipe open: its output is not waited for.
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
