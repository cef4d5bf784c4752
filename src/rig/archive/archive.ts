/** Packs what was collected into one compressed archive. */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import { errnoOf, RigError } from '../../errors.ts';
import { freeName } from '../../host/folders.ts';
import { listFiles } from '../../host/trees.ts';
import type { Compression } from '../records/spec.ts';
import { archiveEnding, startCompression } from './compression.ts';

/** One collected file: its path inside the archive's folder, its bytes and checksum. */
export interface CollectedFile {
  path: string;
  size: number;
  sha256: string;
}

/** Opens a file that listFiles found; undefined if it is gone, or something else has taken its place. */
async function openFile(path: string): Promise<{ file: FileHandle; size: number; mtime: Date } | undefined> {
  // A fifo would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch((error) => {
    if (['ENOENT', 'ENOTDIR', 'ENXIO', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  });
  const found = await file?.stat();
  if (file && found?.isFile()) return { file, size: found.size, mtime: found.mtime };
  await file?.close();
  return undefined;
}

/** So much of a file at a time. */
const chunkBytes = 256 * 1024;

/** Exactly `size` bytes of a file, to which somebody may write meanwhile. What is missing is NUL. */
async function* contentOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const buffer = Buffer.alloc(Math.min(chunkBytes, left));
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    const chunk = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    left -= chunk.length;
    yield chunk;
  }
}

/** The regular files below `root`, relative to it, in a stable order. */
const listRelative = async (root: string): Promise<string[]> =>
  (await listFiles(root)).map((path) => relative(root, path)).sort();

/** The sizes and checksums of all files below a folder. */
export async function describeFiles(root: string, signal: AbortSignal): Promise<CollectedFile[]> {
  const described: CollectedFile[] = [];
  for (const path of await listRelative(root)) {
    const opened = await openFile(join(root, path));
    if (opened === undefined) continue;
    const { file, size } = opened;
    const hash = createHash('sha256');
    await pipeline(contentOf(file, size), hash, { signal }).finally(() => file.close());
    described.push({ path, size, sha256: hash.digest('hex') });
  }
  return described;
}

/** Adds one file, as a stream: a core may be larger than the host's memory. Resolves to how it has changed meanwhile, in words. */
async function addFile(
  pack: Pack,
  root: string,
  path: string,
  prefix: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const opened = await openFile(join(root, path));
  if (opened === undefined) return `${path} is not in the archive: it was removed while that was written`;
  const { file, size, mtime } = opened;
  try {
    const entry = pack.entry({ name: `${prefix}/${path}`, size, mtime, mode: 0o600, uid: 0, gid: 0 });
    await pipeline(contentOf(file, size), entry, { signal });
    const now = (await file.stat()).size;
    if (now > size) return `${path} grew while the archive was written: it is cut at ${size} bytes`;
    return now < size
      ? `${path} became shorter while the archive was written: NULs are in place of the rest`
      : undefined;
  } finally {
    await file.close();
  }
}

/** What to pack, and where to. */
export interface ArchivePlan {
  /** What is packed. */
  folder: string;
  /** Where to write it first, on the file system of the result. */
  partial: string;
  /** The result without its ending. Its last part is also the folder in the archive; both get a number if the name is taken. */
  path: string;
  compression: Compression;
  /** How large it may become; undefined: without limit. */
  mostBytes?: number | undefined;
}

/** Passes on at most so many bytes. Throws a RigError when there are more. */
const limitTo = (mostBytes: number) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new RigError('it would leave less free than --min-free');
      yield chunk;
    }
  };

/**
 * Packs a folder into `<path>.tar.gz` or the like (0600), the manifest first. The file gets that name only when it is complete.
 * Resolves to its path. On an error, or when `signal` aborts, nothing half-written remains. `onChange` hears of each file that
 * somebody changes meanwhile.
 */
export async function writeArchive(
  plan: ArchivePlan,
  signal: AbortSignal,
  onChange: (words: string) => void,
): Promise<string> {
  const { folder, partial, path, compression, mostBytes = Number.POSITIVE_INFINITY } = plan;
  const ending = archiveEnding(compression);
  const archive = await freeName(path, ending);
  const name = basename(archive, ending);
  const pack = createPack();
  const writing = pipeline(
    pack,
    startCompression(compression),
    limitTo(mostBytes),
    createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  );
  try {
    const files = await listRelative(folder);
    const ordered = [
      ...files.filter((file) => file === 'manifest.json'),
      ...files.filter((file) => file !== 'manifest.json'),
    ];
    const adding = async () => {
      for (const file of ordered) {
        const change = await addFile(pack, folder, file, name, signal);
        if (change !== undefined) onChange(change);
      }
      pack.finalize();
    };
    await Promise.all([adding(), writing]);
    await rename(partial, archive);
    return archive;
  } catch (error) {
    pack.destroy();
    await writing.catch(() => 'the first error is thrown');
    await rm(partial, { force: true });
    throw error;
  }
}
