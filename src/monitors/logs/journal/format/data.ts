/** DATA objects: each holds one `FIELD=value`, stored once in a file, however many entries have it. */
import { decompress, mostValueBytes } from './compression.ts';
import { corrupt } from './error.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Form } from './layout.ts';
import { objectType, readNumber } from './layout.ts';

export class DataReader {
  readonly #bytes: FileBytes;
  readonly #form: Form;
  /** The longest value that was decompressed: each of the entries that follow may name it, too. */
  #unpacked: { offset: number; payload: Buffer } | undefined;

  constructor(bytes: FileBytes, form: Form) {
    this.#bytes = bytes;
    this.#form = form;
  }

  /** Drops what was decompressed: the file may have been written to. */
  forget(): void {
    this.#unpacked = undefined;
  }

  /**
   * Reads the `FIELD=value` of the DATA object at an offset, cut to 16 MiB. It is valid until the next read. Throws a
   * JournalFileError.
   */
  read(offset: number): Buffer {
    if (this.#unpacked?.offset === offset) return this.#unpacked.payload;
    const [bytes, form] = [this.#bytes, this.#form];
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
    if (compression === 0) return payload;
    const unpacked = decompress(payload, compression);
    if (unpacked.length >= (this.#unpacked?.payload.length ?? 0)) this.#unpacked = { offset, payload: unpacked };
    return unpacked;
  }

  /** A part of what `read` has just given, which stays valid. */
  keep(payload: Buffer, from: number): Buffer {
    const part = payload.subarray(from);
    // Nothing overwrites what is remembered.
    return payload === this.#unpacked?.payload ? part : Buffer.from(part);
  }
}
