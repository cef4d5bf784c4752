/** The values of DATA objects as they were logged: long ones are stored compressed. */
import { constants, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../../../../errors.ts';
import { corrupt, JournalFileError } from './error.ts';
import { compressedWith } from './layout.ts';

/** What is decompressed of one value. Nothing sane logs more. */
export const mostValueBytes = 16 * 1024 * 1024;

/** The payload of a DATA object with these flags, cut to 16 MiB. */
export function decompress(payload: Buffer, flags: number): Buffer {
  const how = flags & (compressedWith.xz | compressedWith.lz4 | compressedWith.zstd);
  if (how === compressedWith.zstd) return decompressZstd(payload);
  throw new JournalFileError('unsupported', `it has a compression that is not known: ${how}`);
}

function decompressZstd(payload: Buffer): Buffer {
  try {
    return zstdDecompressSync(payload, {
      maxOutputLength: mostValueBytes,
      params: { [constants.ZSTD_d_windowLogMax]: 24 },
    });
  } catch (error) {
    throw corrupt(`zstd: ${messageOf(error)}`);
  }
}
