/** Where this host has a program. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RigError } from '../../errors.ts';
import { programPath } from './program-path.ts';

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

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

const pathsIn = (folders: string[], name: string): string[] => folders.map((folder) => join(folder, name));

/** The full path of a program that nobody but root can change, or undefined when this host does not have it. */
export const findProgram = (name: string): Promise<string | undefined> =>
  findFirst(
    pathsIn(programPath.trusted, name),
    async (path) => (await isProgram(path)) && programPath.openPlaceOf(path) === undefined,
  );

/**
 * The full path of the program of this name that comes first in PATH, or undefined when this host does not have it. Throws a
 * RigError if others than root can change it.
 */
export async function findNeeded(option: string, name: string): Promise<string | undefined> {
  const path = await findFirst(pathsIn(programPath.all, name), isProgram);
  const open = path === undefined ? undefined : programPath.openPlaceOf(path);
  if (open === undefined) return path;
  throw new RigError(`${option}: ${path} is not run, because others than root can change ${open} (--trust-path)`);
}

/**
 * The full path of a command that a user gave to an option: a name with a slash is a path, relative to the current folder, which
 * is the user's to trust; any other name is looked for as {@link findNeeded} does. Throws a RigError that says why it cannot be
 * run.
 */
export async function findCommand(option: string, name: string): Promise<string> {
  const isPath = name.includes('/');
  const places = isPath ? [resolve(name)] : pathsIn(programPath.all, name);
  const path = isPath ? await findFirst(places, isProgram) : await findNeeded(option, name);
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
