/** Folders with everything in them, but without what is mounted there. */
import { isUtf8 } from 'node:buffer';
import { readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, RigError } from '../errors.ts';
import { freeName } from './folders.ts';

/** The octal escapes of blanks and backslashes in proc_pid_mountinfo(5). */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The mount points at or below `root`, as paths that begin with `root`; none where /proc is not mounted. */
async function mountsIn(root: string): Promise<string[]> {
  const real = await realpath(root);
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = table.split('\n').map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
  return points
    .filter((point) => `${point}/`.startsWith(`${real}/`))
    .map((point) => join(root, point.slice(real.length)));
}

/** For what somebody has removed, or replaced by something else, since it was listed. Throws any other error. */
function ifGone<T>(fallback: T): (error: unknown) => T {
  return (error) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return fallback;
    throw error;
  };
}

/** The paths of the regular files below `root`, without links and without what is mounted there. */
export async function listFiles(root: string): Promise<string[]> {
  const mounts = await mountsIn(root);
  const folders = [root];
  const files: string[] = [];
  for (const folder of folders) {
    const listing = readdir(folder, { withFileTypes: true });
    for (const entry of await (folder === root ? listing : listing.catch(ifGone([])))) {
      const path = join(folder, entry.name);
      if (mounts.includes(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
    }
  }
  return files;
}

/**
 * Removes a file, or a folder with everything in it; nothing happens when it is gone. When something is mounted in it, throws a
 * RigError and removes nothing: what is mounted is somebody else's, and would be emptied.
 */
export async function removeTree(path: string): Promise<void> {
  const [mount] = await mountsIn(path).catch(() => []);
  if (mount !== undefined) throw new RigError(`${path} is not removed: something is mounted on ${mount}`);
  await rm(path, { recursive: true, force: true });
}

/** A name in printable ASCII, with other bytes as in `caf\\xe9`, cut to 200 characters: file systems allow 255. */
const spell = (name: Buffer): string =>
  name
    .toString('latin1')
    .replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, 200);

/**
 * Renames everything below a folder of ours whose name is not UTF-8: such a name fits neither in Node's paths nor in a manifest
 * or an archive's headers. In the new name each byte that is not printable ASCII is written as `\\xff`.
 */
export async function spellNames(root: string): Promise<void> {
  const mounts = await mountsIn(root);
  const folders = [root];
  for (const folder of folders) {
    const listing = readdir(folder, { withFileTypes: true, encoding: 'buffer' });
    for (const entry of await (folder === root ? listing : listing.catch(ifGone([])))) {
      let path = join(folder, entry.name.toString());
      if (!isUtf8(entry.name)) {
        path = await freeName(join(folder, spell(entry.name)), '');
        await rename(Buffer.concat([Buffer.from(`${folder}/`), entry.name]), path).catch(ifGone(undefined));
      }
      if (entry.isDirectory() && !mounts.includes(path)) folders.push(path);
    }
  }
}
