/** The result: everything that was collected, in one compressed archive with a manifest. */
import { createHash } from 'node:crypto';
import { constants, createWriteStream, type Dirent } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack as createPack, type Pack } from 'tar-stream';
import { outputRoot, workFolder } from './paths.ts';
import { freeName } from './work-folder.ts';

/** One collected file: its path inside the archive's folder, bytes, and what it holds. */
export interface CollectedFile {
  path: string;
  size: number;
  sha256: string;
}

/** zlib's fastest level: a core compresses to nearly the same size at a third of the CPU time, on a host that has work to do. */
const gzipLevel = 1;

/** The half-written archive, inside the work folder: nobody else can reach it, and a rename moves it out. */
const partialName = '.archive.part';

/** Opens what listFiles found; a link that has taken its place since is refused. */
const openFile = (path: string) => open(path, constants.O_RDONLY | constants.O_NOFOLLOW);

async function sha256(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const file = await openFile(path);
  await pipeline(file.createReadStream(), hash, { signal });
  return hash.digest('hex');
}

/** The regular files below `root`, in a stable order; links and the like are never followed or kept. */
async function listFiles(root: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== partialName)
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Sizes and sums of everything in the work folder. */
export async function describeFiles(id: string, signal: AbortSignal): Promise<CollectedFile[]> {
  const root = workFolder(id);
  const described: CollectedFile[] = [];
  for (const path of await listFiles(root)) {
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

/**
 * Packs the work folder into `/var/tmp/<name>.tar.gz` (0600), everything under one folder `name`, the manifest first.
 * The file gets that name only when it is complete. Resolves to its path; on an error, or when `signal` aborts, nothing
 * half-written remains.
 */
export async function writeArchive(id: string, name: string, signal: AbortSignal): Promise<string> {
  const root = workFolder(id);
  const partial = join(root, partialName);
  const pack = createPack();
  const writing = pipeline(
    pack,
    createGzip({ level: gzipLevel }),
    createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }),
    { signal },
  );
  try {
    const files = await listFiles(root);
    const ordered = [
      ...files.filter((path) => path === 'manifest.json'),
      ...files.filter((path) => path !== 'manifest.json'),
    ];
    const adding = async () => {
      for (const path of ordered) await addFile(pack, root, path, name, signal);
      pack.finalize();
    };
    await Promise.all([adding(), writing]);
    const archive = await freeName(`${outputRoot}/${name}`, '.tar.gz');
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
