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

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** Where a program of this name may be. */
const pathsOf = (name: string): string[] => searchPath().map((folder) => join(folder, name));

/** Whether a path leads to a file that can be run; a folder has the same permission bit. */
const isProgram = async (path: string): Promise<boolean> =>
  (await isFile(path)) &&
  (await access(path, constants.X_OK).then(
    () => true,
    () => false,
  ));

async function findFirst(paths: string[], fits: (path: string) => Promise<boolean>): Promise<string | undefined> {
  for (const path of paths) if (await fits(path)) return path;
  return undefined;
}

/** The full path of a program, or undefined when this host does not have it. */
export const findProgram = (name: string): Promise<string | undefined> => findFirst(pathsOf(name), isProgram);

/**
 * The full path of a command that a user gave to an option: a name with a slash is a path, relative to the current folder; any
 * other name is looked for as {@link findProgram} does. Throws a RigError that says why it cannot be run.
 */
export async function findCommand(option: string, name: string): Promise<string> {
  const places = name.includes('/') ? [resolve(name)] : pathsOf(name);
  const path = await findFirst(places, isProgram);
  if (path !== undefined) return path;
  const file = await findFirst(places, isFile);
  const reason = file === undefined ? 'is no program on this host' : `cannot be run: ${file} ${await obstacleTo(file)}`;
  throw new RigError(`${option}: ${JSON.stringify(name)} ${reason}`);
}

/** Why a file is no program. */
const obstacleTo = async (file: string): Promise<string> =>
  ((await stat(file)).mode & 0o111) === 0
    ? 'is not executable (chmod +x)'
    : 'is on a file system that is mounted noexec';
