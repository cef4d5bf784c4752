/** The values of DATA objects as they were logged: long ones are stored compressed. */
import { corrupt, JournalFileError } from './error.ts';
import { compressedWith } from './layout.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressZstd } from './zstd.ts';

/** What is read of one value. Nothing sane logs more. */
export const mostValueBytes = 16 * 1024 * 1024;

/** Decompresses the payload of a DATA object, to 16 MiB at most; `how` is one of its flags. */
export function decompress(payload: Buffer, how: number): Buffer {
  if (how === compressedWith.zstd) return decompressZstd(payload, mostValueBytes);
  if (how === compressedWith.lz4) return decompressSizedLz4(payload);
  throw new JournalFileError('unsupported', `it has a compression that is not known: ${how}`);
}

/** Before the block stands how much it gives. */
function decompressSizedLz4(payload: Buffer): Buffer {
  if (payload.length < 9) throw corrupt('lz4: the size is missing');
  const size = payload.readBigUInt64LE();
  // No more is possible, whatever is claimed.
  const most = Math.min(Number(size), mostValueBytes, payload.length * 255);
  const output = decompressLz4(payload.subarray(8), Buffer.allocUnsafeSlow(most));
  if (output.length < most) throw corrupt(`lz4: it gives ${output.length} bytes where it should give ${most}`);
  return output;
}
