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
  readonly #parsing = this.#parse();
  #entry = new ExportedEntry();
  /** What is left of the present portion. */
  #rest: Buffer = Buffer.alloc(0);

  /** `keptBytes`: how much of one value is kept. */
  constructor(onEntry: (entry: ExportedEntry) => void, keptBytes = mostKeptBytes) {
    this.#onEntry = onEntry;
    this.#keptBytes = keptBytes;
    this.#parsing.next();
  }

  push(portion: Buffer): void {
    this.#rest = portion;
    this.#parsing.next();
  }

  /** Stops wherever the portion is used up, and goes on there with the next. */
  *#parse(): Generator<undefined, never> {
    for (;;) {
      const line = yield* this.#read(() => this.#rest.indexOf(newline));
      yield* this.#readBytes(1);
      const split = line.indexOf(equals);
      if (line.length === 0) this.#endEntry();
      else if (split >= 0) this.#add(line.toString('latin1', 0, split), line.subarray(split + 1));
      else {
        const length = yield* this.#readBytes(8);
        this.#add(line.toString('latin1'), yield* this.#readBytes(Number(length.readBigUInt64LE())));
        yield* this.#readBytes(1);
      }
    }
  }

  *#readBytes(count: number): Generator<undefined, Buffer> {
    let left = count;
    return yield* this.#read(() => {
      const end = left <= this.#rest.length ? left : -1;
      left -= this.#rest.length;
      return end;
    });
  }

  /** Reads on until `findEnd` says where in the present portion the end is: -1 while it is not there. */
  *#read(findEnd: () => number): Generator<undefined, Buffer> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const end = findEnd();
      const part = end < 0 ? this.#rest : this.#rest.subarray(0, end);
      const kept = part.subarray(0, this.#keptBytes - bytes);
      parts.push(kept);
      bytes += kept.length;
      this.#rest = this.#rest.subarray(part.length);
      if (end >= 0) return parts.length === 1 ? kept : Buffer.concat(parts);
      yield;
    }
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
