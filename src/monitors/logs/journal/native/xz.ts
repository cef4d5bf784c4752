/** The .xz container around what journald compresses: one stream with one block. See https://tukaani.org/xz/xz-file-format.txt. */
import { corrupt, JournalFileError } from './error.ts';
import { decompressLzma2 } from './lzma2.ts';

const magic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const streamHeaderBytes = 12;
const lzma2 = 0x21;

/** Decompresses the first block of a stream, `mostBytes` of it at most. Its check sum, if it has one, is not looked at. */
export function decompressXz(input: Buffer, mostBytes: number): Buffer {
  if (!input.subarray(0, magic.length).equals(magic)) throw corrupt('xz: it does not begin as it should');
  const blockHeaderBytes = (input[streamHeaderBytes] ?? 0) * 4 + 4;
  const header = input.subarray(streamHeaderBytes, streamHeaderBytes + blockHeaderBytes);
  if (blockHeaderBytes === 4) throw corrupt('xz: it has no block');
  const flags = header[1] as number;
  const sizes = ((flags & 0x40) === 0 ? 0 : 1) + ((flags & 0x80) === 0 ? 0 : 1);
  let at = 2;
  for (let count = 0; count < sizes; count++) at = skipNumber(header, at);
  if ((flags & 3) !== 0 || header[at] !== lzma2)
    throw new JournalFileError('unsupported', 'xz: it has unusual filters');
  return decompressLzma2(input.subarray(streamHeaderBytes + blockHeaderBytes), mostBytes);
}

/** Numbers have seven bits a byte, the last one without the eighth. */
function skipNumber(header: Buffer, start: number): number {
  let at = start;
  while (((header[at] ?? 0) & 0x80) !== 0) at++;
  return at + 1;
}
