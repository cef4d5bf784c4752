/** An entry in a journal file. */
import type { JournalEntry } from '../entry.ts';
import { DataReader } from './data.ts';
import { corrupt } from './error.ts';
import type { FieldChecks } from './field-checks.ts';
import { Verdicts } from './field-checks.ts';
import { type FileBytes, Window } from './file-bytes.ts';
import type { Form } from './layout.ts';
import { entry, objectType, readHex, readNumber } from './layout.ts';

/** journald takes at most 1024 fields from a client and adds a few dozen. */
const mostItems = 16384;
/** How many bytes of values are read for one entry: a hostile file may name one long value many times. */
const mostEntryBytes = 64 * 1024 * 1024;

/**
 * An entry as it stands in the file. One object serves all entries of a file: it is valid until the next one is read. The
 * methods throw a JournalFileError where something is broken, so read all that you need before you act on any of it. The values
 * are copies, each cut to 16 MiB.
 */
export interface StoredEntry extends JournalEntry {
  /** Its place in the file, from 0 on. */
  readonly ordinal: number;
  readonly seqnum: number;
  /** Which checks the entry passes: bit n is set if any of its values passes check n. */
  check(checks: FieldChecks): number;
}

export class EntryReader implements StoredEntry {
  readonly #bytes: FileBytes;
  readonly #form: Form;
  readonly #data: DataReader;
  readonly #seqnumId: string;
  readonly #verdicts = new Map<FieldChecks, Verdicts>();
  #window = new Window(0);
  /** Where in the window the entry begins, and where its items begin and end. */
  #at = 0;
  #items = 0;
  #itemsEnd = 0;
  ordinal = -1;
  /** The values of the entry by field, once somebody has asked for any. */
  #values: Map<string, Buffer[]> | undefined;

  constructor(bytes: FileBytes, form: Form, seqnumId: string) {
    this.#bytes = bytes;
    this.#form = form;
    this.#data = new DataReader(bytes, form);
    this.#seqnumId = seqnumId;
  }

  /** Drops what was read of values: the file may have been written to. */
  forget(): void {
    this.#data.forget();
  }

  /** Moves on to the entry at an offset and returns where it ends. The bytes from `from` on are read with it, if they are near. */
  load(ordinal: number, offset: number, from: number): number {
    const bytes = this.#bytes;
    if (offset % 8 !== 0) throw corrupt(`an entry should be at ${offset}`);
    let window = bytes.forward(offset, entry.items, from);
    const size = readNumber(window.view, offset - window.start + 8);
    const items = Math.floor((size - entry.items) / this.#form.entryItemBytes);
    if (window.bytes[offset - window.start] !== objectType.entry) throw corrupt(`there is no entry at ${offset}`);
    if (!(items >= 0 && items <= mostItems)) throw corrupt(`the entry at ${offset} has ${size} bytes`);
    window = bytes.forward(offset, size, from);
    this.#window = window;
    this.#at = offset - window.start;
    this.#items = this.#at + entry.items;
    this.#itemsEnd = this.#items + items * this.#form.entryItemBytes;
    this.ordinal = ordinal;
    this.#values = undefined;
    return offset + size;
  }

  get seqnum(): number {
    return readNumber(this.#window.view, this.#at + entry.seqnum);
  }

  get realtimeUs(): number {
    return readNumber(this.#window.view, this.#at + entry.realtime);
  }

  get monotonicUs(): number {
    return readNumber(this.#window.view, this.#at + entry.monotonic);
  }

  get bootId(): string {
    const at = this.#at + entry.bootId;
    return this.#window.bytes.toString('hex', at, at + 16);
  }

  cursor(): string {
    const hex = (at: number): string => readHex(this.#window.view, this.#at + at);
    const own = `b=${this.bootId};m=${hex(entry.monotonic)};t=${hex(entry.realtime)};x=${hex(entry.xorHash)}`;
    return `s=${this.#seqnumId};i=${hex(entry.seqnum)};${own}`;
  }

  values(field: string): Buffer[] {
    // All at once: a value may be expensive to decompress.
    this.#values ??= this.#readValues();
    return this.#values.get(field) ?? [];
  }

  #readValues(): Map<string, Buffer[]> {
    const all = new Map<string, Buffer[]>();
    let bytes = 0;
    for (let at = this.#items; at < this.#itemsEnd; at += this.#form.entryItemBytes) {
      const payload = this.#data.read(this.#offsetAt(at));
      bytes = countBytes(bytes, payload);
      const nameEnd = payload.indexOf('=');
      if (nameEnd < 0) continue;
      const field = payload.toString('latin1', 0, nameEnd);
      const values = all.get(field) ?? [];
      values.push(this.#data.keep(payload, nameEnd + 1));
      all.set(field, values);
    }
    return all;
  }

  check(checks: FieldChecks): number {
    const verdicts = this.#verdictsOf(checks);
    const step = this.#form.entryItemBytes;
    let passed = 0;
    let bytes = 0;
    for (let at = this.#items; at < this.#itemsEnd; at += step) {
      const offset = this.#offsetAt(at);
      let verdict = verdicts.get(offset);
      if (verdict < 0) {
        const payload = this.#data.read(offset);
        bytes = countBytes(bytes, payload);
        verdict = checks.examine(payload);
        verdicts.set(offset, verdict);
      }
      passed |= verdict;
    }
    return passed;
  }

  #offsetAt(at: number): number {
    const { view } = this.#window;
    return this.#form.isCompact ? view.getUint32(at, true) : readNumber(view, at);
  }

  #verdictsOf(checks: FieldChecks): Verdicts {
    let verdicts = this.#verdicts.get(checks);
    if (!verdicts) {
      verdicts = new Verdicts();
      this.#verdicts.set(checks, verdicts);
    }
    return verdicts;
  }
}

function countBytes(before: number, payload: Buffer): number {
  const bytes = before + payload.length;
  if (bytes > mostEntryBytes) throw corrupt(`an entry has more than ${mostEntryBytes} bytes of values`);
  return bytes;
}
