/** The objects of a journal file, for the tests that change some. See https://systemd.io/JOURNAL_FILE_FORMAT/. */

export interface StoredObject {
  offset: number;
  type: number;
  size: number;
}

/** All objects of a file, one behind the other. */
export function objectsOf(file: Buffer): StoredObject[] {
  const found: StoredObject[] = [];
  const last = Number(file.readBigUInt64LE(136));
  for (let offset = Number(file.readBigUInt64LE(88)); offset <= last; ) {
    const size = Number(file.readBigUInt64LE(offset + 8));
    found.push({ offset, type: file[offset] as number, size });
    offset = Math.ceil((offset + size) / 8) * 8;
  }
  return found;
}
