/** Reads rig's own log: what one rig has written, through the rotation of the file, and what it goes on to write. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { logFile } from '../records/paths.ts';

const pieceBytes = 256 * 1024;

/** Whoever was writing a line when the log was rotated has written it by then. */
const lateLineMs = 20;

/** The lines of one file that a rig wrote, from where the last reading ended. A line that is not whole yet is left for later. */
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
      // The log is ASCII and UTF-8; a character that the end of a piece cuts in two is put together again as latin1.
      const lines = (this.#pending + piece.toString('latin1', 0, bytesRead)).split('\n');
      this.#pending = lines.pop() ?? '';
      found.push(...lines.filter((line) => this.#isOwn(line)).map((line) => Buffer.from(line, 'latin1').toString()));
    }
  }

  /** The time, the id and the level stand first, one blank between them. */
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

/** A rig's lines, the oldest first, and then those that it adds. */
export class RigLogReader {
  readonly #id: string;
  #current: LogReader | undefined;
  #isFirst = true;

  constructor(id: string) {
    this.#id = id;
  }

  /** What has come since the last time; at the first time, everything that there is. */
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
    // The log was rotated between the one look and the other: it is read as the current one.
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

/** All lines that a rig has written, the oldest first, as far as the log still has them. */
export async function readRigLog(id: string): Promise<string[]> {
  const reader = new RigLogReader(id);
  try {
    return await reader.read();
  } finally {
    await reader.close();
  }
}
