/** Examines what a compressed file holds that was written, rotated away and compressed while nobody could look. */
import { closeSync, createReadStream, fstatSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { RigError } from '../../../errors.ts';
import type { SourceContext } from '../source.ts';
import type { FollowedFile } from './followed-file.ts';
import { StreamLines } from './stream-lines.ts';

/** A file that has been opened: its path may be another's by the time it is read. */
export interface OpenCompressedFile {
  path: string;
  fd: number;
}

/** What was examined of it. */
export interface CompressedFile {
  path: string;
  device: string;
  inode: string;
  lines: number;
  bytes: number;
  matches: number;
  passedOver: number;
}

/** A file that ends too early may be being written at this moment: it is tried again after so long, so often. */
const retryMs = 500;
const mostTries = 10;

const unpackers = [
  ['.gz', createGunzip],
  ['.zst', createZstdDecompress],
] as const;

/** Whether a compressed file can be unpacked, by its name. */
export const isUnpackable = (path: string): boolean => unpackers.some(([ending]) => path.endsWith(ending));

/**
 * Examines a compressed file from its beginning, unless it holds the same as one of the files that are followed: then it was,
 * or will be, read there. Resolves to undefined in that case; throws when it cannot be read. The file is closed in the end.
 */
export async function examineCompressed(
  packed: OpenCompressedFile,
  followed: () => FollowedFile[],
  context: SourceContext,
): Promise<CompressedFile | undefined> {
  try {
    for (let tries = 1; ; tries++) {
      const found = await compare(packed, followed());
      if (found === 'among them') return undefined;
      const isUnfinished = found === 'unfinished' && isUnpackable(packed.path) && tries < mostTries;
      if (!isUnfinished) return await examine(packed, context);
      await delay(retryMs, undefined, { ref: false });
    }
  } finally {
    closeSync(packed.fd);
  }
}

async function examine(packed: OpenCompressedFile, context: SourceContext): Promise<CompressedFile> {
  const { path, fd } = packed;
  const stat = fstatSync(fd, { bigint: true });
  const [device, inode] = [String(stat.dev), String(stat.ino)];
  const file: CompressedFile = { path, device, inode, lines: 0, bytes: 0, matches: 0, passedOver: 0 };
  const lines = new StreamLines(context.matcher, (line, offset) => {
    const position = { file: path, inode, offset };
    const taken = context.onMatch({ source: path, line, position, atMs: Date.now() });
    if (taken === 'counted') file.matches++;
    else file.passedOver++;
    return !context.isOver();
  });
  await forEachChunk(packed, (chunk) => {
    lines.push(chunk);
    return !context.isOver();
  });
  if (!context.isOver()) lines.end();
  return { ...file, lines: lines.lines, bytes: lines.bytes };
}

/** Whether one of the followed files has the same content. An unfinished one that begins as one of them is being made from that. */
async function compare(
  packed: OpenCompressedFile,
  followed: FollowedFile[],
): Promise<'among them' | 'another' | 'unfinished'> {
  let candidates = followed;
  let at = 0;
  const compared = forEachChunk(packed, (chunk) => {
    candidates = candidates.filter(({ fd }) => {
      const found = Buffer.alloc(chunk.length);
      return readSync(fd, found, 0, chunk.length, at) === chunk.length && found.equals(chunk);
    });
    at += chunk.length;
    return candidates.length > 0;
  });
  const isWhole = await compared.then(
    () => true,
    () => false,
  );
  if (!isWhole) return at > 0 && candidates.length > 0 ? 'among them' : 'unfinished';
  const isAmong = candidates.some(({ fd }) => {
    const { size, nlink } = fstatSync(fd);
    // Its writer may have gone on after it was compressed, and thereby deleted.
    return size === at || (size > at && nlink === 0);
  });
  return isAmong ? 'among them' : 'another';
}

/** Unpacks a file piece by piece, until the end or until `take` returns false. */
async function forEachChunk({ path, fd }: OpenCompressedFile, take: (chunk: Buffer) => boolean): Promise<void> {
  const unpack = unpackers.find(([ending]) => path.endsWith(ending))?.[1]();
  if (!unpack) throw new RigError('only gzip and zstd can be unpacked');
  const packed = createReadStream(`/proc/self/fd/${fd}`);
  packed.once('error', (error) => unpack.destroy(error));
  try {
    for await (const chunk of packed.pipe(unpack)) if (!take(chunk as Buffer)) break;
  } finally {
    packed.destroy();
  }
}
