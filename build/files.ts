/** Hashing and replacing files. */
import { createHash } from 'node:crypto';
import { createReadStream, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The sha256 of a file; undefined if it cannot be read, as when it is not there. */
export async function sha256OfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch {
    return undefined; // the caller makes it anew, or says that it is missing
  }
  return hash.digest('hex');
}

/**
 * Lets `make` write a temporary name in the folder of `path`, then renames it: a rig that runs from the old file keeps it
 * (writing into it would fail with ETXTBSY), and no build that was interrupted leaves half a file under the final name.
 */
export async function replaceFile(path: string, make: (temporary: string) => unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await make(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
