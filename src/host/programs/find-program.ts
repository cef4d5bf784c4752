/** Where this host has a program. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { RigError } from '../../errors.ts';

/** The folders that programs are looked for in: root's PATH may lack sbin, and a cleaned PATH may be empty. */
export function searchPath(): string[] {
  const given = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...new Set([...given, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])];
}

/** Whether a path leads to a file that can be run; a folder has the same permission bit. */
async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The full path of a program, or undefined when this host does not have it. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of searchPath()) {
    const path = join(folder, name);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/**
 * The full path of a command that a user gave to an option: a name with a slash is a path, relative to the current folder; any
 * other name is looked for as {@link findProgram} does. Throws a RigError where there is no program.
 */
export async function findCommand(option: string, name: string): Promise<string> {
  const path = name.includes('/') ? resolve(name) : await findProgram(name);
  if (path !== undefined && (await isProgram(path))) return path;
  throw new RigError(`${option}: ${JSON.stringify(name)} is no program on this host`);
}
