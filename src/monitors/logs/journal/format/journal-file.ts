/** A file of the systemd journal, read without journalctl, also while journald writes to it. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { EntryArrays } from './entry-arrays.ts';
import { corrupt, JournalFileError } from './error.ts';
import { FileBytes, readFully } from './file-bytes.ts';
import type { JournalHeader } from './header.ts';
import { checkHeader, readHeader } from './header.ts';
import { shortestHeader } from './layout.ts';
import type { StoredEntry } from './stored-entry.ts';
import { EntryReader } from './stored-entry.ts';

export { JournalFileError } from './error.ts';
export type { JournalHeader } from './header.ts';
export type { StoredEntry } from './stored-entry.ts';

/** With more entries than these to read, larger pieces of the file are read. */
const manyEntries = 256;

/** The part of the header that `hasChanged` reads: from the state to the number of entries. */
const [peekedFrom, entriesAt, peekedTo] = [16, 152, 160];

export class JournalFile {
  readonly path: string;
  /** Device and inode: `dev:ino`. */
  readonly identity: string;
  readonly fileId: string;
  readonly seqnumId: string;
  readonly #fd: number;
  readonly #headerBytes = Buffer.allocUnsafeSlow(shortestHeader);
  readonly #peeked = Buffer.allocUnsafeSlow(peekedTo - peekedFrom);
  readonly #bytes: FileBytes;
  readonly #arrays: EntryArrays;
  readonly #entry: EntryReader;
  #header: JournalHeader;
  /** The last `refresh` failed, so `#header` is older than `#headerBytes`. */
  #isRefused = false;

  /**
   * Opens a file and reads its header. Throws a JournalFileError for a file that is none of the journal, or of a form that
   * rig does not know, and the system's error for one that cannot be opened.
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
    this.#header = this.#readHeader();
    const { fileId, seqnumId, form, end } = this.#header;
    this.fileId = fileId;
    this.seqnumId = seqnumId;
    this.#bytes.end = end;
    this.#arrays = new EntryArrays(this.#bytes, form);
    this.#entry = new EntryReader(this.#bytes, form, seqnumId);
  }

  /** The header as the last `refresh` read it. */
  get header(): JournalHeader {
    return this.#header;
  }

  /**
   * Whether entries came or the state changed since the last `refresh`, or that one failed. It costs one small read and
   * allocates nothing.
   */
  hasChanged(): boolean {
    if (this.#isRefused) return true;
    const count = readSync(this.#fd, this.#peeked, 0, peekedTo - peekedFrom, peekedFrom);
    if (count < peekedTo - peekedFrom || this.#peeked[0] !== this.#headerBytes[peekedFrom]) return true;
    for (let at = entriesAt; at < peekedTo; at++)
      if (this.#peeked[at - peekedFrom] !== this.#headerBytes[at]) return true;
    return false;
  }

  /** Reads the header again. Throws a JournalFileError when it is no longer the header of the same file. */
  refresh(): JournalHeader {
    this.#isRefused = true;
    const header = this.#readHeader();
    if (header.fileId !== this.fileId) throw this.#named(corrupt('it has become another file'));
    if (header.entries < this.#header.entries) throw this.#named(corrupt('it has lost entries'));
    if (header.entries !== this.#header.entries) this.#forget();
    this.#bytes.end = header.end;
    this.#header = header;
    this.#isRefused = false;
    return header;
  }

  /**
   * Gives the entries from an ordinal on, in order, up to what the last `refresh` saw, until `take` returns false. Returns the
   * ordinal of the first one that was not taken. Throws a JournalFileError for an entry that is broken, or that `take` calls
   * so; those before it have been given. The last entries of an online file may look broken for a moment: journald links an
   * entry when all of it is written, but another processor may see those writes out of order.
   */
  readEntries(from: number, take: (entry: StoredEntry) => boolean): number {
    const to = this.#header.entries;
    this.#bytes.expect(to - from > manyEntries);
    let end = 0;
    try {
      for (let ordinal = from; ordinal < to; ordinal++) {
        end = this.#load(ordinal, end);
        if (!take(this.#entry)) return ordinal;
      }
      return Math.max(from, to);
    } catch (error) {
      if (!(error instanceof JournalFileError)) throw error;
      this.#forget();
      throw this.#named(error);
    }
  }

  /** One entry, or undefined where there is none. It is valid until the file is read again. Throws a JournalFileError. */
  entryAt(ordinal: number): StoredEntry | undefined {
    if (!(ordinal >= 0 && ordinal < this.#header.entries)) return undefined;
    try {
      this.#load(ordinal, 0);
    } catch (error) {
      throw error instanceof JournalFileError ? this.#named(error) : error;
    }
    return this.#entry;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #load(ordinal: number, from: number): number {
    const { entryArray, headerSize, entries } = this.#header;
    const offset = this.#arrays.offsetOf(ordinal, entryArray, entries);
    if (offset < Math.max(from, headerSize)) throw corrupt(`entry ${ordinal} should be at ${offset}`);
    return this.#entry.load(ordinal, offset, from);
  }

  #readHeader(): JournalHeader {
    const bytes = this.#headerBytes;
    try {
      const count = readFully(this.#fd, bytes, 0);
      if (count < bytes.length) throw new JournalFileError('unfinished', 'it has no header yet');
      checkHeader(bytes);
      const header = readHeader(bytes);
      const { headerSize, end } = header;
      // The size is asked for last: the file may be growing.
      const { size } = fstatSync(this.#fd);
      if (headerSize < shortestHeader || headerSize % 8 !== 0) throw corrupt(`its header has ${headerSize} bytes`);
      if (end > size) throw corrupt(`it should have ${end} bytes and has ${size}`);
      return header;
    } catch (error) {
      throw error instanceof JournalFileError ? this.#named(error) : error;
    }
  }

  #forget(): void {
    this.#bytes.forget();
    this.#arrays.forget();
    this.#entry.forget();
  }

  #named(error: JournalFileError): JournalFileError {
    return new JournalFileError(error.kind, `${this.path}: ${error.message}`);
  }
}
