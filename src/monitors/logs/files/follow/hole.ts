/**
 * Finding what is behind a hole: a stretch of a file that was never written, where reading finds NUL bytes. A program that keeps
 * its offset when its log is truncated (copytruncate) leaves one as long as the log was.
 */
import { fstatSync, readSync } from 'node:fs';
import { descriptorPath } from '../../../../host/descriptors.ts';
import { countsBlocks } from '../../../../host/file-systems.ts';

/** What is not longer is read: that takes a tenth of a second, and proves that there are only NUL bytes. */
const readBytes = 64 * 1024 * 1024;
/** How much is looked at in one place. */
const pieceBytes = 64 * 1024;
const nuls = Buffer.alloc(4096);
/** The unit of st_blocks: stat(2). */
const statBlockBytes = 512;

export interface Hole {
  /** Where the next data is; the size of the file where none was found. */
  end: number;
  /** Whether it is known that nothing is stored in it. */
  isEmpty: boolean;
}

/** How many NUL bytes a text begins with. */
export function countNuls(text: Buffer): number {
  let count = 0;
  // Comparing is many times faster than looking at each byte.
  while (text.subarray(count, count + nuls.length).equals(nuls)) count += nuls.length;
  while (text[count] === 0) count++;
  return count;
}

/** A text without the NUL bytes at the beginning of its lines. */
export function withoutNuls(text: Buffer): Buffer {
  return text.includes(0) ? Buffer.from(text.toString('latin1').replace(/(^|\n)\0+/g, '$1'), 'latin1') : text;
}

/**
 * The rest of a hole, at an offset behind many NUL bytes. Undefined where it is best to read on: the end of the file is near, or
 * there is no hole (NUL bytes can be stored, too: room that a program has kept).
 */
export function holeAt(fd: number, offset: number): Hole | undefined {
  const { size, blocks, blksize } = fstatSync(fd);
  const stored = blocks * statBlockBytes;
  if (size - offset <= readBytes || stored >= size) return undefined;
  const end = nextData(fd, offset, size);
  // What is stored behind the hole, if that has no hole itself.
  const behind = end === size ? 0 : Math.ceil(size / blksize) * blksize - Math.floor(end / blksize) * blksize;
  return { end, isEmpty: stored === behind && countsBlocks(descriptorPath(fd)) };
}

/**
 * Looks at pieces further and further away until one has data, then halves the distance to the empty one before. So data that is
 * near is found, and some of what is far away may not be.
 */
function nextData(fd: number, offset: number, size: number): number {
  const buffer = Buffer.alloc(pieceBytes);
  const dataIn = (piece: number): number | undefined => {
    const found = readSync(fd, buffer, 0, pieceBytes, offset + piece * pieceBytes);
    const empty = countNuls(buffer.subarray(0, found));
    return empty < found ? offset + piece * pieceBytes + empty : undefined;
  };
  const last = Math.ceil((size - offset) / pieceBytes) - 1;
  let [empty, full, step] = [-1, 0, 1];
  while (dataIn(full) === undefined) {
    if (full === last) return size;
    empty = full;
    full = Math.min(full + step, last);
    step *= 2;
  }
  while (full - empty > 1) {
    const middle = Math.floor((empty + full) / 2);
    if (dataIn(middle) === undefined) empty = middle;
    else full = middle;
  }
  // It may have been truncated meanwhile: the next look sees it.
  return dataIn(full) ?? size;
}
