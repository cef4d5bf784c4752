/** The result: everything that was collected, in one compressed archive with a manifest. */
import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import { freeName } from '../../host/folders.ts';
import { listFiles } from '../../host/trees.ts';
import type { Compression } from '../records/spec.ts';
import { archiveEnding, startCompression } from './compression.ts';

/** One collected file: its path inside the archive's folder, bytes, and what it holds. */
export interface CollectedFile {
  path: string;
  size: number;
  sha256: string;
}

/** Opens what listFiles found; a link that has taken its place since is refused. */
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

/** Sizes and sums of everything below a folder. */
export async function describeFiles(root: string, signal: AbortSignal): Promise<CollectedFile[]> {
  const described: CollectedFile[] = [];
  for (const path of await listRelative(root)) {
    const { size } = await lstat(join(root, path));
    described.push({ path, size, sha256: await sha256(join(root, path), signal) });
  }
  return described;
}

/** Adds one file, streamed: a core may be larger than the memory of this host. */
async function addFile(pack: Pack, root: string, path: string, prefix: string, signal: AbortSignal): Promise<void> {
  const { size, mtime } = await lstat(join(root, path));
  const entry = pack.entry({ name: `${prefix}/${path}`, size, mtime, mode: 0o600, uid: 0, gid: 0 });
  const file = await openFile(join(root, path));
  try {
    // Exactly the bytes that the header promises, even if somebody still writes to the file.
    const content = size === 0 ? [] : file.createReadStream({ end: size - 1, autoClose: false });
    await pipeline(content, entry, { signal });
  } finally {
    await file.close();
  }
}

/** From where to where an archive is made. */
export interface ArchivePlan {
  /** What is packed. */
  folder: string;
  /** Where it is written, on the file system of the result. */
  partial: string;
  /** The result, without an ending; its last part, with a number where that is taken, is also the one folder in it. */
  path: string;
  compression: Compression;
}

/**
 * Packs a folder into `<path>.tar.gz` or the like (0600), everything under one folder, the manifest first. The file gets that
 * name only when it is complete. Resolves to its path; on an error, or when `signal` aborts, nothing half-written remains.
 */
export async function writeArchive(plan: ArchivePlan, signal: AbortSignal): Promise<string> {
  const { folder, partial, path, compression } = plan;
  const ending = archiveEnding(compression);
  const archive = await freeName(path, ending);
  const name = basename(archive, ending);
  const pack = createPack();
  const writing = pipeline(
    pack,
    startCompression(compression),
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
    await writing.catch(() => {
      // The first error is the one that is thrown.
    });
    await rm(partial, { force: true });
    throw error;
  }
}
