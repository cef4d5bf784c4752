/** How far journald has written, from the headers of its files: 200 bytes each, and no process is started for it. */
import { open } from 'node:fs/promises';
import type { EntryNumber } from '../cursor.ts';
import { findJournalFiles, isLiveName } from '../host.ts';

/** Where things stand in the header of a journal file: see https://systemd.io/JOURNAL_FILE_FORMAT/. */
const signature = 'LPKSHHRH';
const numberingAt = 72;
const entriesAt = 152;
const lastNumberAt = 160;
const readBytes = 168;

export interface JournalTails {
  /** Differs whenever an entry was stored in between. */
  mark: string;
  /** The last number in each file that is written to. */
  last: EntryNumber[];
}

/** Reads the files that are still written to, of this host's own journal or of the one in a folder. */
export async function readJournalTails(dir: string | undefined): Promise<JournalTails> {
  const marks: string[] = [];
  const last: EntryNumber[] = [];
  for (const path of findJournalFiles(dir).filter(isLiveName)) {
    const header = await readHeader(path);
    if (!header) continue;
    const numbering = header.toString('hex', numberingAt, numberingAt + 16);
    const number = Number(header.readBigUInt64LE(lastNumberAt));
    marks.push(`${path} ${numbering} ${number} ${header.readBigUInt64LE(entriesAt)}`);
    last.push({ numbering, number });
  }
  return { mark: marks.sort().join('\n'), last };
}

/** Undefined for a file that has just gone, or is only being made. */
async function readHeader(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readBytes), 0, readBytes, 0);
    return bytesRead === readBytes && buffer.toString('latin1', 0, 8) === signature ? buffer : undefined;
  } catch {
    return undefined;
  }
}
