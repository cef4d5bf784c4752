/** Where this host has a program. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/** The folders where programs are looked for: root's PATH may lack sbin, and a cleaned one may be empty. */
export function searchPath(): string[] {
  const given = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...new Set([...given, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])];
}

/** The full path of a program, or undefined when this host does not have it. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of searchPath()) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/**
 * The full path of a command as a user types it: with a slash in it relative to the present folder, else looked for as
 * {@link findProgram} does. Undefined where that is no file that can be run.
 */
export async function findCommand(name: string): Promise<string | undefined> {
  const path = name.includes('/') ? resolve(name) : await findProgram(name);
  if (path === undefined) return undefined;
  const isRunnable = await Promise.all([stat(path), access(path, constants.X_OK)]).then(
    ([found]) => found.isFile(),
    () => false,
  );
  return isRunnable ? path : undefined;
}
