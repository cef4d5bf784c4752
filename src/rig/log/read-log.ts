/** Reads the lines of one rig in rig's own log, through rotation, and those that it adds. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { logFile } from '../records/paths.ts';

const pieceBytes = 256 * 1024;

/** How long after a rotation a line may still go to the old file. */
const lateLineMs = 20;

/** The lines that one rig wrote to one file. Each reading goes on where the last one ended; a partial line is left for the next. */
class LogReader {
  readonly #file: FileHandle;
  readonly #id: string;
  #offset = 0;
  #pending = '';

  constructor(file: FileHandle, id: string) {
    this.#file = file;
    this.#id = id;
  }

  static async open(path: string, id: string): Promise<LogReader | undefined> {
    const file = await open(path, 'r').catch(() => undefined);
    return file && new LogReader(file, id);
  }

  async read(): Promise<string[]> {
    const found: string[] = [];
    const piece = Buffer.alloc(pieceBytes);
    for (;;) {
      const { bytesRead } = await this.#file.read(piece, 0, pieceBytes, this.#offset);
      if (bytesRead === 0) return found;
      this.#offset += bytesRead;
      // Split as latin1: the end of a piece may cut a UTF-8 character in two.
      const lines = (this.#pending + piece.toString('latin1', 0, bytesRead)).split('\n');
      this.#pending = lines.pop() ?? '';
      found.push(...lines.filter((line) => this.#isOwn(line)).map((line) => Buffer.from(line, 'latin1').toString()));
    }
  }

  /** A line begins with time, id and level. */
  #isOwn(line: string): boolean {
    const start = line.indexOf(' ') + 1;
    return start > 0 && line.startsWith(`${this.#id} `, start);
  }

  /** Whether this is the file that `path` leads to. */
  async isAt(path: string): Promise<boolean> {
    const [own, named] = [await this.#file.stat(), await stat(path).catch(() => undefined)];
    return named !== undefined && named.dev === own.dev && named.ino === own.ino;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** The lines of one rig, oldest first, and then those that it adds. */
export class RigLogReader {
  readonly #id: string;
  #current: LogReader | undefined;
  #isFirst = true;

  constructor(id: string) {
    this.#id = id;
  }

  /** The lines since the last reading; at first, all of them. */
  async read(): Promise<string[]> {
    this.#current ??= await LogReader.open(logFile, this.#id);
    const lines = this.#isFirst ? await this.#readOlder() : [];
    this.#isFirst = false;
    while (this.#current) {
      lines.push(...(await this.#current.read()));
      if (await this.#current.isAt(logFile)) break;
      await delay(lateLineMs);
      lines.push(...(await this.#current.read()));
      await this.#current.close();
      this.#current = await LogReader.open(logFile, this.#id);
    }
    return lines;
  }

  async #readOlder(): Promise<string[]> {
    const older = await LogReader.open(`${logFile}.1`, this.#id);
    // The log was rotated just now: this is the current one, which is read anyway.
    const isSame = older !== undefined && (await this.#current?.isAt(`${logFile}.1`));
    const lines = older && !isSame ? await older.read() : [];
    await older?.close();
    return lines;
  }

  async close(): Promise<void> {
    await this.#current?.close();
    this.#current = undefined;
  }
}

/** All lines of a rig that the log still has, oldest first. */
export async function readRigLog(id: string): Promise<string[]> {
  const reader = new RigLogReader(id);
  try {
    return await reader.read();
  } finally {
    await reader.close();
  }
}
