/** The list of a file's entries: a chain of arrays of offsets, each array about twice as long as the one before. */
import { corrupt } from './error.ts';
import type { FileBytes } from './file-bytes.ts';
import type { Form } from './layout.ts';
import { entryArray, objectType, readNumber } from './layout.ts';

/** How many offsets are read at once. */
const batch = 512;

interface ArrayOfEntries {
  offset: number;
  /** The ordinal of its first entry, and of the first entry behind it. */
  from: number;
  to: number;
}

export class EntryArrays {
  readonly #bytes: FileBytes;
  readonly #form: Form;
  readonly #arrays: ArrayOfEntries[] = [];
  readonly #raw: Buffer;
  readonly #view: DataView;
  /** The ordinals that `#raw` holds. */
  #from = 0;
  #to = 0;

  constructor(bytes: FileBytes, form: Form) {
    this.#bytes = bytes;
    this.#form = form;
    this.#raw = Buffer.allocUnsafeSlow(batch * form.arrayItemBytes);
    this.#view = new DataView(this.#raw.buffer);
  }

  /** Drops what was read: the file may have been written to. */
  forget(): void {
    this.#from = 0;
    this.#to = 0;
  }

  /** The offset of the entry with an ordinal. `first` is where the chain begins, `count` the number of entries. */
  offsetOf(ordinal: number, first: number, count: number): number {
    if (ordinal < this.#from || ordinal >= this.#to) this.#load(ordinal, first, count);
    const at = (ordinal - this.#from) * this.#form.arrayItemBytes;
    return this.#form.isCompact ? this.#view.getUint32(at, true) : readNumber(this.#view, at);
  }

  #load(ordinal: number, first: number, count: number): void {
    const array = this.#arrayWith(ordinal, first);
    const to = Math.min(array.to, count, ordinal + batch);
    const { arrayItemBytes } = this.#form;
    const target = this.#raw.subarray(0, (to - ordinal) * arrayItemBytes);
    this.forget();
    this.#bytes.read(target, array.offset + entryArray.items + (ordinal - array.from) * arrayItemBytes);
    this.#from = ordinal;
    this.#to = to;
  }

  #arrayWith(ordinal: number, first: number): ArrayOfEntries {
    for (const array of this.#arrays) if (ordinal < array.to) return array;
    for (;;) {
      const array = this.#readNext(first);
      this.#arrays.push(array);
      if (ordinal < array.to) return array;
    }
  }

  #readNext(first: number): ArrayOfEntries {
    const last = this.#arrays.at(-1);
    const offset = last ? this.#nextOf(last) : first;
    // Each stands behind the one before, so the chain has no circle.
    if (offset <= (last?.offset ?? 0) || offset % 8 !== 0) throw corrupt(`its list of entries goes on at ${offset}`);
    const window = this.#bytes.side(offset, entryArray.items);
    const at = offset - window.start;
    if (window.bytes[at] !== objectType.entryArray) throw corrupt(`there is no list of entries at ${offset}`);
    const size = readNumber(window.view, at + 8);
    const count = Math.floor((size - entryArray.items) / this.#form.arrayItemBytes);
    if (count < 1 || offset + size > this.#bytes.end)
      throw corrupt(`the list of entries at ${offset} has ${size} bytes`);
    const from = last?.to ?? 0;
    return { offset, from, to: from + count };
  }

  #nextOf({ offset }: ArrayOfEntries): number {
    const window = this.#bytes.side(offset, entryArray.items);
    return readNumber(window.view, offset - window.start + entryArray.next);
  }
}
