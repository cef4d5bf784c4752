/** Whole folders, as far as their own file system goes: what a program has mounted in one is not part of it. */
import { isUtf8 } from 'node:buffer';
import { readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RigError } from '../errors.ts';
import { freeName } from './folders.ts';

/** The octal escapes of blanks and backslashes in proc_pid_mountinfo(5). */
const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** What is mounted on a path or below it, as paths that begin as `root` does; none where /proc does not say it. */
async function mountsIn(root: string): Promise<string[]> {
  const real = await realpath(root);
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const points = table.split('\n').map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
  return points
    .filter((point) => `${point}/`.startsWith(`${real}/`))
    .map((point) => join(root, point.slice(real.length)));
}

/** The paths of the regular files below `root`. Links are never followed, and what is mounted there is left out. */
export async function listFiles(root: string): Promise<string[]> {
  const mounts = await mountsIn(root);
  const folders = [root];
  const files: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (mounts.includes(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
    }
  }
  return files;
}

/**
 * Removes a folder with everything in it, or a file; one that is gone is what was wanted. Throws a RigError, and removes nothing,
 * where something is mounted in it: rm(2) would empty what is mounted, and that is somebody else's.
 */
export async function removeTree(path: string): Promise<void> {
  const [mount] = await mountsIn(path).catch(() => []);
  if (mount !== undefined) throw new RigError(`${path} is not removed: something is mounted on ${mount}`);
  await rm(path, { recursive: true, force: true });
}

/** A name in ASCII, short enough for any file system even though each other byte takes four characters: `caf\\xe9`. */
const spell = (name: Buffer): string =>
  name
    .toString('latin1')
    .replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .slice(0, 200);

/**
 * Renames what has a name that is no UTF-8 below a folder of ours: neither Node's paths nor a manifest nor the headers of an
 * archive could say it. Each byte that is no character of ASCII is then written as `\\xff`.
 */
export async function spellNames(root: string): Promise<void> {
  const mounts = await mountsIn(root);
  const folders = [root];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
      let path = join(folder, entry.name.toString());
      if (!isUtf8(entry.name)) {
        path = await freeName(join(folder, spell(entry.name)), '');
        await rename(Buffer.concat([Buffer.from(`${folder}/`), entry.name]), path);
      }
      if (entry.isDirectory() && !mounts.includes(path)) folders.push(path);
    }
  }
}
