/** A file of the systemd journal, read without journalctl, also while journald writes to it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { EntryArrays } from './entry-arrays.ts';
import { corrupt, JournalFileError } from './error.ts';
import { valuesOfFields } from './field-values.ts';
import { FileBytes, readFully } from './file-bytes.ts';
import type { JournalHeader, JournalIdentity, JournalStructure } from './header.ts';
import { checkHeader, headerBytes, readHeader, readIdentity, readStructure } from './header.ts';
import type { StoredEntry } from './stored-entry.ts';
import { EntryReader } from './stored-entry.ts';

export { JournalFileError } from './error.ts';
export type { JournalHeader } from './header.ts';
export type { StoredEntry } from './stored-entry.ts';

/** With more entries than these to be read, more is read at once. */
const manyEntries = 256;
/**
 * How long an entry at the end of a file that is written to may look broken before it is called so. journald links an entry
 * when all of it is written, but what one processor writes in order another may see out of it.
 */
const graceMs = 2000;

/** What `hasChanged` reads: from the state to the number of entries. */
const [peekedFrom, entriesAt, peekedTo] = [16, 152, 160];

export class JournalFile implements JournalIdentity {
  readonly path: string;
  /** Device and inode: `dev:ino`. */
  readonly identity: string;
  readonly fileId: string;
  readonly machineId: string;
  readonly seqnumId: string;
  readonly #fd: number;
  readonly #headerBytes = Buffer.allocUnsafeSlow(headerBytes);
  readonly #peeked = Buffer.allocUnsafeSlow(peekedTo - peekedFrom);
  readonly #bytes: FileBytes;
  readonly #arrays: EntryArrays;
  readonly #entry: EntryReader;
  #header: JournalHeader;
  #structure: JournalStructure;
  /** The size of the file when its header was last read. */
  #size = 0;
  /** Whether the header that was last read is not the one that is in force: something was wrong with it. */
  #isRefused = false;
  /** The entry at which reading stopped because something is broken, and since when. */
  #broken: { ordinal: number; sinceMs: number } | undefined;

  /**
   * Opens a file and reads its header. Throws a JournalFileError for a file that is none of the journal, or of a form that
   * is not known, and the system's error for one that cannot be opened.
   */
  static open(path: string): JournalFile {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY);
    try {
      return new JournalFile(path, fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
    const status = fstatSync(fd, { bigint: true });
    this.identity = `${status.dev}:${status.ino}`;
    if (!status.isFile()) throw this.#named(corrupt('it is no regular file'));
    this.#bytes = new FileBytes(fd);
    const structure = this.#readHeader();
    const identity = readIdentity(this.#headerBytes);
    this.fileId = identity.fileId;
    this.machineId = identity.machineId;
    this.seqnumId = identity.seqnumId;
    this.#structure = structure;
    this.#header = readHeader(this.#headerBytes);
    this.#bytes.end = structure.end;
    this.#arrays = new EntryArrays(this.#bytes, structure.form);
    this.#entry = new EntryReader(this.#bytes, structure.form, identity.seqnumId);
  }

  /** The header as it was last read. */
  get header(): JournalHeader {
    return this.#header;
  }

  /** How many bytes it had when its header was last read. */
  get size(): number {
    return this.#size;
  }

  /**
   * Whether entries came since the last `refresh`, or the state changed, or that has failed: one small read, which allocates
   * nothing.
   */
  hasChanged(): boolean {
    if (this.#isRefused) return true;
    const count = readSync(this.#fd, this.#peeked, 0, peekedTo - peekedFrom, peekedFrom);
    if (count < peekedTo - peekedFrom || this.#peeked[0] !== this.#headerBytes[peekedFrom]) return true;
    for (let at = entriesAt; at < peekedTo; at++)
      if (this.#peeked[at - peekedFrom] !== this.#headerBytes[at]) return true;
    return false;
  }

  /** Reads the header: one small read. Throws a JournalFileError when it is no longer that of the same file. */
  refresh(): JournalHeader {
    this.#isRefused = true;
    const structure = this.#readHeader();
    const header = readHeader(this.#headerBytes);
    if (readIdentity(this.#headerBytes).fileId !== this.fileId)
      throw this.#named(corrupt('it has become another file'));
    if (header.entries < this.#header.entries) throw this.#named(corrupt('it has lost entries'));
    if (header.entries !== this.#header.entries) this.#forget();
    this.#structure = structure;
    this.#bytes.end = structure.end;
    this.#header = header;
    this.#isRefused = false;
    return header;
  }

  /**
   * Gives the entries from an ordinal on, in order, up to what the last `refresh` saw, `most` at most; stops where `take`
   * returns false. Returns the ordinal of the first one that was not taken. An entry in a file that is written to and looks
   * broken is not given, or, when `take` throws a JournalFileError over it, not taken: it is tried again by the next call,
   * and after two seconds a JournalFileError is thrown.
   */
  readEntries(from: number, take: (entry: StoredEntry) => boolean, most: number = Number.POSITIVE_INFINITY): number {
    const to = Math.min(this.#header.entries, from + most);
    this.#bytes.expect(to - from > manyEntries);
    let ordinal = from;
    let end = 0;
    try {
      for (; ordinal < to; ordinal++) {
        end = this.#load(ordinal, end);
        if (!take(this.#entry)) break;
      }
      this.#broken = undefined;
    } catch (error) {
      if (!(error instanceof JournalFileError)) throw error;
      this.#forget();
      if (!this.#mayMend(error, ordinal)) throw this.#named(error);
    }
    return ordinal;
  }

  /** One entry, or undefined where there is none. It is valid until the file is read again. */
  entryAt(ordinal: number): StoredEntry | undefined {
    if (!(ordinal >= 0 && ordinal < this.#header.entries)) return undefined;
    try {
      this.#load(ordinal, 0);
    } catch (error) {
      throw error instanceof JournalFileError ? this.#named(error) : error;
    }
    return this.#entry;
  }

  /** Gives each value of some fields once. Throws a JournalFileError where something is broken. */
  *valuesOf(fields: ReadonlySet<string>): Generator<Buffer> {
    try {
      yield* valuesOfFields(this.#bytes, this.#structure.form, this.#structure.fieldTable, fields);
    } catch (error) {
      throw error instanceof JournalFileError ? this.#named(error) : error;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #load(ordinal: number, from: number): number {
    const { entryArray, headerSize } = this.#structure;
    const offset = this.#arrays.offsetOf(ordinal, entryArray, this.#header.entries);
    if (offset < Math.max(from, headerSize)) throw corrupt(`entry ${ordinal} should be at ${offset}`);
    return this.#entry.load(ordinal, offset, from);
  }

  #readHeader(): JournalStructure {
    const bytes = this.#headerBytes;
    try {
      const count = readFully(this.#fd, bytes, 0);
      // Only now: it may be growing.
      this.#size = fstatSync(this.#fd).size;
      if (count < bytes.length) throw new JournalFileError('unfinished', 'it has no header yet');
      checkHeader(bytes);
      return readStructure(bytes, this.#size);
    } catch (error) {
      throw error instanceof JournalFileError ? this.#named(error) : error;
    }
  }

  #forget(): void {
    this.#bytes.forget();
    this.#arrays.forget();
  }

  /** Whether what is broken may still be written: then it is to be tried again. */
  #mayMend(error: JournalFileError, ordinal: number): boolean {
    if (error.kind !== 'corrupt' || this.#header.state !== 'online') return false;
    if (this.#broken?.ordinal !== ordinal) this.#broken = { ordinal, sinceMs: performance.now() };
    return performance.now() - this.#broken.sinceMs < graceMs;
  }

  #named(error: JournalFileError): JournalFileError {
    return new JournalFileError(error.kind, `${this.path}: ${error.message}`);
  }
}
