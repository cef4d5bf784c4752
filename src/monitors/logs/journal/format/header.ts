/** The header of a journal file. */
import { corrupt, JournalFileError } from './error.ts';
import type { Form } from './layout.ts';
import { compactForm, incompatible, readNumber, regularForm, signature } from './layout.ts';

const stateNames = ['offline', 'online', 'archived'] as const;
const { lz4, keyedHash, zstd, compact } = incompatible;

/** Ids are 32 hexadecimal digits, times are in microseconds. */
export interface JournalHeader {
  /** `online`: the file is being written to, or was when the host went down. */
  state: (typeof stateNames)[number];
  fileId: string;
  /** The boot in which it was last written to. */
  bootId: string;
  /** Names the numbering: all entries of files with the same id are numbered together. */
  seqnumId: string;
  /** How many entries are complete. */
  entries: number;
  headSeqnum: number;
  tailSeqnum: number;
  headRealtimeUs: number;
  tailRealtimeUs: number;
  tailMonotonicUs: number;
  form: Form;
  headerSize: number;
  /** The end of the last object. */
  end: number;
  /** Where the list of all entries begins; 0 while there are none. */
  entryArray: number;
}

/** Throws a JournalFileError for what is no journal file, or one that rig cannot read. */
export function checkHeader(bytes: Buffer): void {
  if (bytes.every((byte) => byte === 0)) throw new JournalFileError('unfinished', 'it has no header yet');
  if (bytes.toString('latin1', 0, 8) !== signature) throw corrupt('it does not begin as a journal file does');
  const unknown = bytes.readUInt32LE(12) & ~(lz4 | keyedHash | zstd | compact);
  // Only systemd before version 246 uses XZ, and not everywhere: that is left to journalctl.
  if (unknown === incompatible.xz)
    throw new JournalFileError('unsupported', 'its values are compressed with XZ, which rig does not read');
  if (unknown !== 0)
    throw new JournalFileError('unsupported', `it has incompatible flags that are not known: ${unknown >>> 0}`);
  const state = bytes[16] as number;
  if (state >= stateNames.length) throw new JournalFileError('unsupported', `its state ${state} is not known`);
}

export function readHeader(bytes: Buffer): JournalHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isCompact = (bytes.readUInt32LE(12) & compact) !== 0;
  const headerSize = readNumber(view, 88);
  return {
    state: stateNames[bytes[16] as number] ?? 'online',
    fileId: bytes.toString('hex', 24, 40),
    bootId: bytes.toString('hex', 56, 72),
    seqnumId: bytes.toString('hex', 72, 88),
    entries: readNumber(view, 152),
    tailSeqnum: readNumber(view, 160),
    headSeqnum: readNumber(view, 168),
    headRealtimeUs: readNumber(view, 184),
    tailRealtimeUs: readNumber(view, 192),
    tailMonotonicUs: readNumber(view, 200),
    form: isCompact ? compactForm : regularForm,
    headerSize,
    end: headerSize + readNumber(view, 96),
    entryArray: readNumber(view, 176),
  };
}
