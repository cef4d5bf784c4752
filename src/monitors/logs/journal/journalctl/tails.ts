/** How far journald has written, by the headers of its files: 200 bytes each, and no process is started for it. */
import { open } from 'node:fs/promises';
import type { EntryNumber } from '../cursor.ts';
import { headerBytes, readHeader, readIdentity } from '../format/header.ts';
import { signature } from '../format/layout.ts';
import { findJournalFiles, isLiveName } from '../locations.ts';

export interface JournalTails {
  /** Differs whenever an entry was stored in between. */
  mark: string;
  /** The last number in each live file. */
  last: EntryNumber[];
}

/** Reads the headers of all live files. `dir` as in the plan. */
export async function readJournalTails(dir: string | undefined): Promise<JournalTails> {
  const marks: string[] = [];
  const last: EntryNumber[] = [];
  for (const path of findJournalFiles(dir).filter(isLiveName)) {
    const bytes = await readHeaderBytes(path);
    if (!bytes) continue;
    const { seqnumId: numbering } = readIdentity(bytes);
    const { tailSeqnum: number, entries } = readHeader(bytes);
    marks.push(`${path} ${numbering} ${number} ${entries}`);
    last.push({ numbering, number });
  }
  return { mark: marks.sort().join('\n'), last };
}

/** Undefined for a file that has just gone, or that journald is just making. */
async function readHeaderBytes(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return bytesRead === headerBytes && buffer.toString('latin1', 0, 8) === signature ? buffer : undefined;
  } catch {
    return undefined;
  }
}
