/** LZ4 blocks: see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md. */
import { corrupt } from './error.ts';

const shortestMatch = 4;

/** Decompresses a block until it ends or the output is full. Returns the part of the output that was written. */
export function decompressLz4(input: Buffer, output: Buffer): Buffer {
  let from = 0;
  let to = 0;
  while (from < input.length && to < output.length) {
    const token = input[from++] as number;
    let literals = token >> 4;
    if (literals === 15) [literals, from] = readLength(input, from);
    if (from + literals > input.length) throw corrupt('lz4: a literal reaches beyond the end');
    input.copy(output, to, from, from + literals);
    from += literals;
    to = Math.min(to + literals, output.length);
    // The last sequence is only literals.
    if (from === input.length) break;
    if (from + 2 > input.length) throw corrupt('lz4: the end is missing');
    const distance = input.readUInt16LE(from);
    from += 2;
    let length = token & 15;
    if (length === 15) [length, from] = readLength(input, from);
    if (distance === 0 || distance > to) throw corrupt('lz4: a match begins before the beginning');
    to = copyMatch(output, to, distance, length + shortestMatch);
  }
  return output.subarray(0, to);
}

/** Reads the rest of a length that did not fit into four bits. Returns the length and where it ends. */
function readLength(input: Buffer, start: number): [length: number, end: number] {
  let length = 15;
  for (let at = start; at < input.length; at++) {
    length += input[at] as number;
    if (input[at] !== 255) return [length, at + 1];
  }
  throw corrupt('lz4: a length reaches beyond the end');
}

/** Copies what stands `distance` bytes before `to`; a match longer than that repeats itself. Returns where it ends. */
function copyMatch(output: Buffer, to: number, distance: number, length: number): number {
  const end = Math.min(to + length, output.length);
  for (let at = to; at < end; ) {
    const count = Math.min(at - (to - distance), end - at);
    output.copyWithin(at, to - distance, to - distance + count);
    at += count;
  }
  return end;
}
