/** Reads a file through two windows: one moves forward with what is read in order, the other serves what stands elsewhere. */
import { readSync } from 'node:fs';
import { corrupt } from './error.ts';

/** The size of the forward window while few entries come, and while there are many to read. */
const smallWindow = 16 * 1024;
const largeWindow = 256 * 1024;
const sideWindow = 4 * 1024;

/** A part of the file in memory. */
export class Window {
  bytes: Buffer;
  view: DataView;
  /** Where in the file it begins and ends. */
  start = 0;
  end = 0;

  constructor(size: number) {
    // Not from the pool: a window lives long.
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = new DataView(this.bytes.buffer);
  }

  has(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.end;
  }

  empty(): void {
    this.start = 0;
    this.end = 0;
  }
}

export class FileBytes {
  readonly #fd: number;
  /** The end of what may be read. */
  end = 0;
  readonly #side = new Window(sideWindow);
  #forward = new Window(smallWindow);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Drops what was read: the file may have been written to. */
  forget(): void {
    this.#side.empty();
    this.#forward.empty();
  }

  /** Sets how much is read at once; gives memory back when few entries are expected. */
  expect(many: boolean): void {
    const size = many ? largeWindow : smallWindow;
    if (this.#forward.bytes.length !== size) this.#forward = new Window(size);
  }

  /**
   * The forward window, with at least these bytes in it. If it has to move, it begins at `from` where the bytes are within
   * reach of that. What was in it is overwritten.
   */
  forward(offset: number, length: number, from: number): Window {
    const window = this.#forward;
    if (window.has(offset, length)) return window;
    this.#check(offset, length);
    if (length > window.bytes.length) return this.#readLong(offset, length);
    const reach = window.bytes.length - length;
    const start = from <= offset && offset - from <= reach ? from : Math.max(0, offset - Math.floor(reach / 4));
    this.#fill(window, start, offset + length);
    return window;
  }

  /** A window with these bytes in it. It is valid until the next call. The forward window does not move. */
  side(offset: number, length: number): Window {
    if (this.#forward.has(offset, length)) return this.#forward;
    if (this.#side.has(offset, length)) return this.#side;
    this.#check(offset, length);
    if (length > this.#side.bytes.length) return this.#readLong(offset, length);
    this.#fill(this.#side, offset, offset + length);
    return this.#side;
  }

  /** Fills a buffer. */
  read(target: Buffer, offset: number): void {
    this.#check(offset, target.length);
    if (readFully(this.#fd, target, offset) < target.length) throw corrupt('it ends too early');
  }

  #readLong(offset: number, length: number): Window {
    const window = new Window(length);
    this.#fill(window, offset, offset + length);
    return window;
  }

  #fill(window: Window, start: number, needed: number): void {
    window.empty();
    const most = Math.min(window.bytes.length, this.end - start);
    const count = readFully(this.#fd, window.bytes.subarray(0, most), start);
    if (start + count < needed) throw corrupt('it ends too early');
    window.start = start;
    window.end = start + count;
  }

  #check(offset: number, length: number): void {
    if (!(offset >= 0 && offset + length <= this.end)) throw corrupt(`something should be at ${offset}, outside of it`);
  }
}

/** Reads until the target is full or the file ends. Returns the number of bytes read. */
export function readFully(fd: number, target: Buffer, offset: number): number {
  let count = 0;
  while (count < target.length) {
    const read = readSync(fd, target, count, target.length - count, offset + count);
    if (read === 0) break;
    count += read;
  }
  return count;
}
