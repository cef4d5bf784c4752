/** The folders that programs are looked for in, and who may change what is there. */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';

/** Root's PATH may lack sbin, and a cleaned PATH may be empty. */
const standard = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const isOwn = ({ uid }: Stats): boolean => uid === 0 || uid === process.geteuid?.();

/** Whether others than root may write: by their class, or by a group that is not root's. */
const isOpen = ({ mode, gid }: Stats): boolean => (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);

/**
 * What others than root can change or replace of a file or folder: it, or a folder on the way to where it really is. Undefined if
 * there is nothing. Throws where the path leads nowhere.
 */
export function openPlaceOf(path: string): string | undefined {
  const real = realpathSync(path);
  const found = statSync(real);
  if (!isOwn(found) || isOpen(found)) return real;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const stat = statSync(folder);
    // In a folder with the sticky bit nobody else can replace what is root's: inode(7).
    if (!isOwn(stat) || (isOpen(stat) && (stat.mode & 0o1000) === 0)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function isTrusted(path: string): boolean {
  try {
    return openPlaceOf(path) === undefined;
  } catch {
    return false;
  }
}

class ProgramPath {
  #trustsAll = false;
  #trusted: string[] | undefined;

  /** --trust-path: the user knows who may write there. */
  trustAll(): void {
    this.#trustsAll = true;
  }

  /** All folders of PATH, and the usual ones. */
  get all(): string[] {
    const given = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
    return [...new Set([...given, ...standard])];
  }

  /** Those in which nobody but root can put a program. Looked at once: a folder may hang later. */
  get trusted(): string[] {
    if (this.#trustsAll) return this.all;
    this.#trusted ??= this.all.filter(isTrusted);
    return this.#trusted;
  }

  /** What others than root can change of a program, or of the folder that it was found in; undefined if it is trusted. */
  openPlaceOf(program: string): string | undefined {
    return this.#trustsAll ? undefined : (openPlaceOf(dirname(program)) ?? openPlaceOf(program));
  }
}

/** One object for the whole process, which has one PATH. */
export const programPath = new ProgramPath();
