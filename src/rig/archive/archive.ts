/** Packs what was collected into one compressed archive. */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import { RigError } from '../../errors.ts';
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

/** Opens a file that listFiles found. Refuses a link that has taken its place. */
const openFile = (path: string) => open(path, constants.O_RDONLY | constants.O_NOFOLLOW);

async function sha256(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = await openFile(path);
  await pipeline(file.createReadStream(), hash, { signal });
  return hash.digest('hex');
}

/** The regular files below `root`, relative to it, in a stable order. */
const listRelative = async (root: string): Promise<string[]> =>
  (await listFiles(root)).map((path) => relative(root, path)).sort();

/** The sizes and checksums of all files below a folder. */
export async function describeFiles(root: string, signal: AbortSignal): Promise<CollectedFile[]> {
  const described: CollectedFile[] = [];
  for (const path of await listRelative(root)) {
    const { size } = await lstat(join(root, path));
    described.push({ path, size, sha256: await sha256(join(root, path), signal) });
  }
  return described;
}

/** Adds one file, as a stream: a core may be larger than the host's memory. */
async function addFile(pack: Pack, root: string, path: string, prefix: string, signal: AbortSignal): Promise<void> {
  const { size, mtime } = await lstat(join(root, path));
  const entry = pack.entry({ name: `${prefix}/${path}`, size, mtime, mode: 0o600, uid: 0, gid: 0 });
  const file = await openFile(join(root, path));
  try {
    // The header has promised this size, even if somebody still writes to the file.
    const content = size === 0 ? [] : file.createReadStream({ end: size - 1, autoClose: false });
    await pipeline(content, entry, { signal });
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
 * Resolves to its path. On an error, or when `signal` aborts, nothing half-written remains.
 */
export async function writeArchive(plan: ArchivePlan, signal: AbortSignal): Promise<string> {
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
      for (const file of ordered) await addFile(pack, folder, file, name, signal);
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
