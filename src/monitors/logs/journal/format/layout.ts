/**
 * Where things stand in a journal file, in bytes: see https://systemd.io/JOURNAL_FILE_FORMAT/. All numbers are little-endian.
 * `compact` files have 32-bit offsets where others have 64-bit ones.
 */

export const signature = 'LPKSHHRH';
/** What every header has; newer ones are longer. */
export const shortestHeader = 208;

/** Incompatible flags of the header: who does not know one cannot read the file. */
export const incompatible = { xz: 1, lz4: 2, keyedHash: 4, zstd: 8, compact: 16 } as const;
/** XZ is left to journalctl: only systemd before version 246 writes it, and not everywhere. */
export const knownIncompatible = 30;

export const objectType = { data: 1, field: 2, entry: 3, entryArray: 6 } as const;
/** Flags of a DATA object: how its payload is compressed. */
export const compressedWith = { lz4: 2, zstd: 4 } as const;

/** Every object begins with type, flags and, at 8, its size. */
export const objectHeaderBytes = 16;

/** Of an ENTRY, behind which its items stand. */
export const entry = { seqnum: 16, realtime: 24, monotonic: 32, bootId: 40, xorHash: 56, items: 64 } as const;
/** Of a FIELD, in the list of its bucket, and of a DATA object, in the list of its field. */
export const field = { next: 24, firstValue: 32, payload: 40 } as const;
export const data = { nextOfField: 32 } as const;
export const entryArray = { next: 16, items: 24 } as const;

/** What differs between the two forms. */
export interface Form {
  isCompact: boolean;
  /** Bytes of an item in an ENTRY: an offset and, in the regular form, a hash. */
  entryItemBytes: 4 | 16;
  /** Bytes of an item in an ENTRY_ARRAY. */
  arrayItemBytes: 4 | 8;
  /** Where the payload of a DATA object begins. */
  payload: 64 | 72;
}

export const regularForm: Form = { isCompact: false, entryItemBytes: 16, arrayItemBytes: 8, payload: 64 };
export const compactForm: Form = { isCompact: true, entryItemBytes: 4, arrayItemBytes: 4, payload: 72 };

/** A 64-bit number. Above 2^53 it is only near; no offset, size or count that is in use is so great. */
export function readNumber(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

/** A 64-bit number as printf's `%llx` prints it. */
export function readHex(view: DataView, at: number): string {
  return view.getBigUint64(at, true).toString(16);
}
