/**
 * Where things stand in a journal file, in bytes: see https://systemd.io/JOURNAL_FILE_FORMAT/. All numbers are little-endian.
 * `compact` files have 32-bit offsets where others have 64-bit ones.
 */

export const signature = 'LPKSHHRH';
/** The shortest header there is, and all that is read. Newer systemd makes longer ones, with the same beginning. */
export const shortestHeader = 208;

/** Incompatible flags of the header: a reader that does not know one of them cannot read the file. */
export const incompatible = { xz: 1, lz4: 2, keyedHash: 4, zstd: 8, compact: 16 } as const;

export const objectType = { data: 1, entry: 3, entryArray: 6 } as const;
/** Flags of a DATA object: how its payload is compressed. */
export const compressedWith = { lz4: 2, zstd: 4 } as const;

/** Of an ENTRY object. */
export const entry = { seqnum: 16, realtime: 24, monotonic: 32, bootId: 40, xorHash: 56, items: 64 } as const;
/** Of an ENTRY_ARRAY object. */
export const entryArray = { next: 16, items: 24 } as const;

/** What differs between compact and regular files. */
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

/** A 64-bit number. It is exact up to 2^53, which no real offset, size or count reaches. */
export function readNumber(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

/** A 64-bit number in hexadecimal, without leading zeros. */
export function readHex(view: DataView, at: number): string {
  return view.getBigUint64(at, true).toString(16);
}
