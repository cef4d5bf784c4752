/** Reading the next slice of a file: what came behind a position, together with the unfinished line before it. */
import { readSync } from 'node:fs';
import { vectorBuffer } from '../../matching/vectors.ts';
import { tailBytes } from './fingerprint.ts';
import type { Position } from './position.ts';

const newline = 10;
/** How much is read at once. The event loop turns between two slices, so a burst of any size never blocks it. */
export const sliceBytes = 256 * 1024;

/** Where a slice begins in the buffer. The known bytes before it are read into the room in front. */
const dataAt = tailBytes;
/** One buffer for all files, since each slice is examined before the next is read. It is made for the first file. */
let shared: Buffer | undefined;

const buffer = (): Buffer => (shared ??= vectorBuffer(dataAt + sliceBytes));

export interface Slice {
  /** The bytes that are new. */
  arrived: Buffer;
  /** All bytes from the line start on; undefined where `arrived` only adds to an unfinished line. */
  text: Buffer | undefined;
}

/** Reads bytes to the shared buffer, as many as there are; at most a slice. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const found = readSync(fd, buffer(), dataAt, length, offset);
  return buffer().subarray(dataAt, dataAt + found);
}

/** Reads what came behind a position, a view on the shared buffer; undefined when the file was rewritten since. */
export function readSlice(fd: number, position: Position): Slice | undefined {
  const unfinished = position.readTo - position.lineStart;
  const room = sliceBytes - unfinished;
  const arrived = readNew(fd, position, dataAt + unfinished, room);
  if (!arrived) return undefined;
  // A line that is written byte by byte must not be read again each time.
  const isMereAddition = unfinished > 0 && arrived.length < room && !arrived.includes(newline);
  if (arrived.length === 0 || isMereAddition) return { arrived, text: undefined };
  if (unfinished > 0 && !readAgain(fd, position, unfinished)) return undefined;
  return { arrived, text: buffer().subarray(dataAt, dataAt + unfinished + arrived.length) };
}

/**
 * Reads at most `length` new bytes to a place in the buffer, together with the bytes before them that are known: a second call
 * would not show whether the file was rewritten between the two.
 */
function readNew(fd: number, { readTo, fingerprint: { tail } }: Position, at: number, length: number) {
  const from = at - tail.length;
  const found = readSync(fd, buffer(), from, tail.length + length, readTo - tail.length);
  const isSame = buffer().compare(tail, 0, tail.length, from, from + Math.min(found, tail.length)) === 0;
  return isSame ? buffer().subarray(at, from + found) : undefined;
}

/** Reads the unfinished line; false when it is not there any more. */
function readAgain(fd: number, { lineStart, fingerprint: { tail } }: Position, unfinished: number): boolean {
  const known = Math.min(unfinished, tail.length);
  const end = dataAt + unfinished;
  const isWhole = readSync(fd, buffer(), dataAt, unfinished, lineStart) === unfinished;
  return isWhole && buffer().compare(tail, tail.length - known, tail.length, end - known, end) === 0;
}
