/** Telling whether a file still holds what was read from it, or was truncated and written anew, possibly to a larger size. */
import { readSync } from 'node:fs';

/** The first bytes of a log nearly always hold a time; the last ones tell copies with equal beginnings apart. */
const headBytes = 64;
/** How much is known, at most, of the bytes before the read position. */
export const tailBytes = 256;
/** Shared by all, since each comparison ends before the next begins. */
const compared = Buffer.alloc(tailBytes);

/** The first bytes of a file, and the last ones before the read position, as far as they have been read. */
export class Fingerprint {
  readonly #head = Buffer.alloc(headBytes);
  readonly #tail = Buffer.alloc(tailBytes);
  #headLength = 0;
  #tailLength = 0;
  /** The read position. */
  #end = 0;

  /** Notes what was read: `data` are the bytes before the position `end`, at least one. */
  update(fd: number, data: Buffer, end: number): void {
    const kept = Math.min(tailBytes, data.length);
    // Where a line comes in small pieces, the last piece alone would say little.
    const isNext = end - data.length === this.#end;
    const before = isNext ? Math.min(this.#tailLength, tailBytes - kept) : 0;
    this.#tail.copyWithin(0, this.#tailLength - before, this.#tailLength);
    data.copy(this.#tail, before, data.length - kept);
    this.#tailLength = before + kept;
    this.#end = end;
    if (this.#headLength < headBytes) this.#headLength = readSync(fd, this.#head, 0, Math.min(headBytes, end), 0);
  }

  /** Forgets what was read. Until something is, every content counts as the same. */
  forget(): void {
    this.#headLength = 0;
    this.#tailLength = 0;
  }

  /** Whether nothing is known of the content. */
  get isEmpty(): boolean {
    return this.#tailLength === 0;
  }

  /** The last bytes before the read position, as far as they are known. */
  get tail(): Buffer {
    return this.#tail.subarray(0, this.#tailLength);
  }

  /** Whether the file still holds all of it in the same places. */
  isIn(fd: number): boolean {
    return (
      isAt(fd, this.#end - this.#tailLength, this.#tail, this.#tailLength) && isAt(fd, 0, this.#head, this.#headLength)
    );
  }

  copy(): Fingerprint {
    const copy = new Fingerprint();
    this.#head.copy(copy.#head);
    this.#tail.copy(copy.#tail);
    copy.#headLength = this.#headLength;
    copy.#tailLength = this.#tailLength;
    copy.#end = this.#end;
    return copy;
  }
}

function isAt(fd: number, offset: number, bytes: Buffer, length: number): boolean {
  if (length === 0) return true;
  const found = readSync(fd, compared, 0, length, offset);
  return compared.compare(bytes, 0, length, 0, found) === 0;
}
