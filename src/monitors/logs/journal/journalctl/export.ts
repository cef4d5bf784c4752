/**
 * The journal export format, as `journalctl -o export` writes it: fields one a line, `NAME=value`, or for values with
 * control characters `NAME`, a 64-bit little-endian length, the bytes; an empty line ends an entry.
 * See https://systemd.io/JOURNAL_EXPORT_FORMATS/.
 */
import type { JournalEntry } from '../entry.ts';
import { textOf } from '../entry.ts';

const newline = 10;
const equals = 61;
/** How much of one value is kept. Nothing sane logs more, and journald accepts values of many hundred megabytes. */
const mostKeptBytes = 16 * 1024 * 1024;

/** The first field of each entry. */
const cursorField = '__CURSOR';

/** An entry as journalctl writes it. */
export class ExportedEntry implements JournalEntry {
  /** The values of each field that occurs, in order. */
  readonly fields = new Map<string, Buffer[]>();

  get realtimeUs(): number {
    return Number(textOf(this, '__REALTIME_TIMESTAMP') ?? 0);
  }

  get monotonicUs(): number {
    return Number(textOf(this, '__MONOTONIC_TIMESTAMP') ?? Number.NaN);
  }

  get bootId(): string {
    return textOf(this, '_BOOT_ID') ?? '';
  }

  cursor(): string {
    return textOf(this, cursorField) ?? '';
  }

  values(field: string): Buffer[] {
    return this.fields.get(field) ?? [];
  }
}

/**
 * Takes the output in any portions and gives the complete entries. An entry may end in the middle: when its file is being
 * removed, journalctl leaves it there and goes on with the next. Such an entry is not given.
 */
export class ExportParser {
  readonly #onEntry: (entry: ExportedEntry) => void;
  readonly #keptBytes: number;
  #entry = new ExportedEntry();
  /** The beginning of the present line or value, from earlier portions. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** The binary field that is being read, and how many bytes of it are to come; undefined until its length is read. */
  #binaryName: string | undefined;
  #binaryLeft: number | undefined;

  /** `keptBytes`: how much of one value is kept. */
  constructor(onEntry: (entry: ExportedEntry) => void, keptBytes = mostKeptBytes) {
    this.#onEntry = onEntry;
    this.#keptBytes = keptBytes;
  }

  push(portion: Buffer): void {
    let at = 0;
    while (at < portion.length) {
      if (this.#binaryName === undefined) at = this.#readLine(portion, at);
      else if (this.#binaryLeft === undefined) at = this.#readLength(portion, at);
      else at = this.#readBinary(portion, at, this.#binaryName, this.#binaryLeft);
    }
  }

  #readLine(portion: Buffer, at: number): number {
    const end = portion.indexOf(newline, at);
    this.#keep(portion.subarray(at, end < 0 ? portion.length : end));
    if (end < 0) return portion.length;
    const line = this.#takeKept();
    const split = line.indexOf(equals);
    if (line.length === 0) this.#endEntry();
    else if (split < 0) this.#binaryName = line.toString('latin1');
    else this.#add(line.toString('latin1', 0, split), line.subarray(split + 1));
    return end + 1;
  }

  #readLength(portion: Buffer, at: number): number {
    const end = Math.min(portion.length, at + 8 - this.#partBytes);
    this.#keep(portion.subarray(at, end));
    // One more for the newline behind the value.
    if (this.#partBytes === 8) this.#binaryLeft = Number(this.#takeKept().readBigUInt64LE()) + 1;
    return end;
  }

  #readBinary(portion: Buffer, at: number, name: string, left: number): number {
    const end = Math.min(portion.length, at + left);
    const valueEnd = end - at === left ? end - 1 : end;
    this.#keep(portion.subarray(at, valueEnd));
    this.#binaryLeft = left - (end - at);
    if (this.#binaryLeft === 0) {
      this.#add(name, this.#takeKept());
      this.#binaryName = undefined;
      this.#binaryLeft = undefined;
    }
    return end;
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, this.#keptBytes - this.#partBytes);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#partBytes += kept.length;
  }

  #takeKept(): Buffer {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    return whole;
  }

  #add(name: string, value: Buffer): void {
    if (name === cursorField && this.#entry.fields.has(name)) this.#entry = new ExportedEntry();
    const values = this.#entry.fields.get(name);
    if (values) values.push(value);
    else this.#entry.fields.set(name, [value]);
  }

  #endEntry(): void {
    const entry = this.#entry;
    this.#entry = new ExportedEntry();
    if (entry.fields.size > 0) this.#onEntry(entry);
  }
}
