/** DATA objects: each holds one `FIELD=value`, stored once in a file, however many entries have it. */
import { decompress, mostValueBytes } from './compression.ts';
import { corrupt } from './error.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Form } from './layout.ts';
import { objectType, readNumber } from './layout.ts';

/**
 * Reads the `FIELD=value` of the DATA object at an offset, cut to 16 MiB. It is valid until the next read. Throws a
 * JournalFileError.
 */
export function readPayload(bytes: FileBytes, form: Form, offset: number): Buffer {
  if (offset % 8 !== 0) throw corrupt(`a value should be at ${offset}`);
  let window = bytes.side(offset, form.payload);
  let at = offset - window.start;
  if (window.bytes[at] !== objectType.data) throw corrupt(`there is no value at ${offset}`);
  const size = readNumber(window.view, at + 8);
  if (size <= form.payload || offset + size > bytes.end) throw corrupt(`the value at ${offset} has ${size} bytes`);
  // An unknown flag may be a new compression, so all of them count as one.
  const compression = window.bytes[at + 1] as number;
  const length = Math.min(size, form.payload + mostValueBytes);
  window = bytes.side(offset, length);
  at = offset - window.start;
  const payload = window.bytes.subarray(at + form.payload, at + length);
  return compression === 0 ? payload : decompress(payload, compression);
}
