/** Folders and files that nobody but root can have made or can change: rig writes nowhere else. */
import { type BigIntStats, constants, readdirSync, readFileSync } from 'node:fs';
import { access, lstat, mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, messageOf, RigError, UsageError } from '../errors.ts';

/** Throws a RigError unless `path` is a folder, no link, that belongs to this user and that nobody else can write to. */
export async function checkOwnFolder(path: string): Promise<void> {
  const stat = await lstat(path);
  const own = stat.uid === process.geteuid?.();
  if (!stat.isDirectory() || !own || (stat.mode & 0o022) !== 0)
    throw new RigError(`${path}: not a folder that only root can write to; look at it, then remove it`);
}

/** Makes a folder (0700), or checks the one that is there: see {@link checkOwnFolder}. Throws a RigError. */
export async function ensureOwnFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw new RigError(`${path}: cannot be made: ${errnoOf(error)}`, { cause: error });
  }
  await checkOwnFolder(path);
}

/**
 * Checks a folder that the user named and that others may use, too: it exists, can be written to, and nobody but root can rename
 * or remove the folder or what rig makes in it. Returns its real path. Throws a UsageError that names the option.
 */
export async function checkSharedFolder(path: string, option: string): Promise<string> {
  const real = await realpath(path).catch((error) => {
    throw new UsageError(`${option}: ${path}: ${errnoOf(error) === 'ENOENT' ? 'no such folder' : messageOf(error)}`);
  });
  if (!(await stat(real)).isDirectory()) throw new UsageError(`${option}: ${path}: not a folder`);
  for (let folder = real; ; folder = dirname(folder)) {
    const { mode, uid } = await stat(folder);
    // In a folder with the sticky bit, such as /var/tmp, others cannot rename or remove root's files: inode(7).
    const isSafe = uid === process.geteuid?.() && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);
    if (!isSafe)
      throw new UsageError(`${option}: ${folder}: others than root can rename what is in it; choose another folder`);
    if (folder === '/') break;
  }
  await access(real, constants.W_OK).catch((error) => {
    throw new UsageError(
      `${option}: ${path}: ${errnoOf(error) === 'EROFS' ? 'read-only file system' : messageOf(error)}`,
    );
  });
  return real;
}

/** Tells a file or folder from every other one, also from a later one with the same inode number. */
export const identityOf = ({ dev, ino, birthtimeNs }: BigIntStats): string => `${dev}:${ino}:${birthtimeNs}`;

/** Makes a new folder (0700). Throws EEXIST where the name is taken, also by a link. */
export async function makeNewFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
}

/** Writes a new file (0600). Throws EEXIST where the name is taken, also by a link: O_EXCL in open(2). */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}

/** The first of the names PATH, PATH-2, PATH-3 ..., each with `suffix` behind it, that is free. */
export async function freeName(path: string, suffix: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = `${path}${number === 1 ? '' : `-${number}`}${suffix}`;
    const taken = await lstat(candidate).then(
      () => true,
      () => false,
    );
    if (!taken) return candidate;
  }
}

/** The text of a file; empty when it does not exist or cannot be read. */
export function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The names in a folder; none when it does not exist or cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
