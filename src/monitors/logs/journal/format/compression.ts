/** Decompresses the values of DATA objects: journald stores long ones compressed. */
import { constants, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../../../../errors.ts';
import { corrupt, JournalFileError } from './error.ts';
import { compressedWith } from './layout.ts';
import { decompressLz4 } from './lz4.ts';

/** How much of one value is read. Nothing sane logs more. */
export const mostValueBytes = 16 * 1024 * 1024;
/** How much zstd may give before that is cut. */
const mostUnpackedBytes = 4 * mostValueBytes;
/** The most memory that zstd may ask for, as a power of two. At journald's level it is 2 MiB. */
const mostWindowBits = 24;

/** Decompresses the payload of a DATA object, cut to 16 MiB. `how` is one of the flags `compressedWith`. Throws a JournalFileError. */
export function decompress(payload: Buffer, how: number): Buffer {
  if (how === compressedWith.zstd) return decompressZstd(payload);
  if (how === compressedWith.lz4) return decompressSizedLz4(payload);
  throw new JournalFileError('unsupported', `it has a compression that is not known: ${how}`);
}

function decompressZstd(input: Buffer): Buffer {
  const params = { [constants.ZSTD_d_windowLogMax]: mostWindowBits };
  try {
    return zstdDecompressSync(input, { maxOutputLength: mostUnpackedBytes, params }).subarray(0, mostValueBytes);
  } catch (error) {
    throw corrupt(`zstd: ${messageOf(error)}`);
  }
}

/** The size of the value stands before the LZ4 block. */
function decompressSizedLz4(payload: Buffer): Buffer {
  if (payload.length < 9) throw corrupt('lz4: the size is missing');
  const size = Number(payload.readBigUInt64LE());
  // LZ4 cannot shrink anything by more than 255 to 1, whatever the size claims.
  const expected = Math.min(size, mostValueBytes, payload.length * 255);
  const output = decompressLz4(payload.subarray(8), Buffer.allocUnsafeSlow(expected));
  if (output.length < expected) throw corrupt(`lz4: it gives ${output.length} bytes instead of ${expected}`);
  return output;
}
