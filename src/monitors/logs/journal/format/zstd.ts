/** Zstandard frames, decompressed by node:zlib within bounds. See https://github.com/facebook/zstd/blob/dev/doc/zstd_compression_format.md. */
import { constants, zstdDecompressSync } from 'node:zlib';
import { errnoOf, messageOf } from '../../../../errors.ts';
import { corrupt } from './error.ts';

/** The most that one block of a frame can give. */
const mostBlockBytes = 128 * 1024;
/** The most memory that a frame may ask for, as a power of two. At journald's level it is 2 MiB. */
const mostWindowBits = 24;

/** Decompresses a frame. One that gives more than `mostBytes` is decompressed in part: as many blocks as surely fit. */
export function decompressZstd(input: Buffer, mostBytes: number): Buffer {
  try {
    return decode(input, mostBytes, constants.ZSTD_e_end);
  } catch (error) {
    if (errnoOf(error) !== 'ERR_BUFFER_TOO_LARGE') throw corrupt(`zstd: ${messageOf(error)}`);
  }
  try {
    return decode(firstBlocks(input, Math.floor(mostBytes / mostBlockBytes)), mostBytes, constants.ZSTD_e_flush);
  } catch (error) {
    throw corrupt(`zstd: ${messageOf(error)}`);
  }
}

function decode(input: Buffer, mostBytes: number, finishFlush: number): Buffer {
  return zstdDecompressSync(input, {
    maxOutputLength: mostBytes,
    finishFlush,
    params: { [constants.ZSTD_d_windowLogMax]: mostWindowBits },
  });
}

/** The beginning of a frame: its header and the first blocks. */
function firstBlocks(input: Buffer, count: number): Buffer {
  let at = headerBytes(input[4] ?? 0);
  for (let block = 0; block < count && at + 3 <= input.length; block++) {
    const header = input.readUIntLE(at, 3);
    const isRepeatedByte = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeatedByte ? 1 : header >> 3);
    if ((header & 1) === 1) break;
  }
  return input.subarray(0, at);
}

/** The length of a frame's header, by the descriptor in it. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0;
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  return 4 + 1 + (isSingle ? 0 : 1) + dictionary + contentSize;
}
