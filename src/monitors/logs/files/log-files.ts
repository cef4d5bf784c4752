/** Which log files are watched: the named ones, each checked, or the distribution's own. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf, messageOf, UsageError } from '../../../errors.ts';
import { pseudoFileSystem } from '../../../host/file-systems.ts';
import { waiting } from '../../../host/waiting.ts';
import type { Asking } from '../../../plugin.ts';
import type { LogsPlan } from '../plan.ts';
import { fixedFolder, isPattern, ownLog, WatchedPattern } from './names/watched-pattern.ts';
import { reasonAgainstReading } from './pseudo-file.ts';
import { standardInput } from './stream-source.ts';

/** Where syslog goes: Red Hat, SUSE and older Debian have the first, newer Debian and Ubuntu only the second. */
const defaultFiles = ['/var/log/messages', '/var/log/syslog'];

/**
 * The default files of this host: those that exist, both or one, since a file that an upgrade has left behind looks like the
 * one in use. Both names where neither exists yet, since either may come.
 */
export async function findDefaultFiles(): Promise<string[]> {
  const isFile = (path: string): Promise<boolean> =>
    stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
  const found = await Promise.all(defaultFiles.map(isFile));
  const existing = defaultFiles.filter((_, index) => found[index]);
  return existing.length > 0 ? existing : defaultFiles;
}

/** What is followed as files, what is read anew each time, and what is read as it comes. */
export type LogFiles = Pick<LogsPlan, 'files' | 'patterns' | 'pseudoFiles' | 'streams'>;

/** The absolute paths of named files, each once. Throws UsageError for one that cannot be watched. */
export async function checkNamedFiles(names: string[], context: Asking): Promise<LogFiles> {
  const found: Record<Kind, Set<string>> = {
    files: new Set(),
    patterns: new Set(),
    pseudoFiles: new Set(),
    streams: new Set(),
  };
  for (const name of names) {
    if (name === '') throw new UsageError('--logfile: a file name is empty');
    if (name.includes('\0')) throw new UsageError('--logfile: a file name cannot contain a NUL byte');
    if (name === standardInput && !context.isAttached)
      throw new UsageError('--logfile -: standard input can be watched with --foreground only');
    if (name === standardInput) found.streams.add(name);
    else {
      const check = () => checkFile(name, resolve(name), context.remark);
      found[await waiting.during(`--logfile ${name}`, check)].add(resolve(name));
    }
  }
  const { files, patterns, pseudoFiles, streams } = found;
  return {
    files: [...files],
    ...(patterns.size > 0 ? { patterns: [...patterns] } : {}),
    ...(pseudoFiles.size > 0 ? { pseudoFiles: [...pseudoFiles] } : {}),
    ...(streams.size > 0 ? { streams: [...streams] } : {}),
  };
}

type Kind = 'files' | 'patterns' | 'pseudoFiles' | 'streams';

async function checkFile(name: string, path: string, remark: (text: string) => void): Promise<Kind> {
  if (path === ownLog || (await realpath(path).catch(() => path)) === ownLog)
    throw new UsageError(`--logfile ${name}: rig's own log cannot be watched`);
  try {
    const found = await stat(path);
    if (found.isFIFO()) return 'streams';
    if (!found.isFile()) throw new UsageError(`--logfile ${name}: ${kindOf(found)}, not a regular file`);
    await access(path, constants.R_OK);
    const pseudo = pseudoFileSystem(path);
    if (pseudo === undefined) return 'files';
    const reason = reasonAgainstReading(await realpath(path), pseudo, found.mode);
    if (reason !== undefined) throw new UsageError(`--logfile ${name}: ${reason}`);
    return 'pseudoFiles';
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (isNothing(error)) return await checkMissingFile(name, path, remark);
    if (errnoOf(error) === 'EACCES') throw new UsageError(`--logfile ${name}: permission denied`);
    throw new UsageError(`--logfile ${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** A file, or files that fit a pattern, may come later, and so may their folder, but not the folder's folder. */
async function checkMissingFile(name: string, path: string, remark: (text: string) => void): Promise<Kind> {
  const isManyFiles = isPattern(name);
  const folder = isManyFiles ? fixedFolder(path) : dirname(path);
  const isFolderThere = await isFolder(folder);
  if (!isFolderThere && !(await mayCome(folder)))
    throw new UsageError(`--logfile ${name}: no such file, and no such folder`);
  const pseudo = pseudoFileSystem(folder);
  if (isManyFiles && pseudo !== undefined)
    throw new UsageError(`--logfile ${name}: patterns cannot be watched in ${pseudo}; name each file`);
  const kind = isManyFiles ? 'patterns' : pseudo === undefined ? 'files' : 'pseudoFiles';
  if (!isFolderThere) remark(`${name}: the folder ${folder} does not exist yet: it is waited for`);
  else if (kind !== 'patterns') remark(`${name} does not exist yet: it is waited for`);
  else if (new WatchedPattern(path).find().length === 0) remark(`no file fits ${name} yet: they are waited for`);
  return kind;
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Nothing of that name, or a file where a folder would have to be. */
const isNothing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');

/** Whether somebody may make a folder there; where the kernel makes all folders, nobody can. */
async function mayCome(folder: string): Promise<boolean> {
  const parent = dirname(folder);
  const isThere = await stat(folder).then(
    () => true,
    (error) => !isNothing(error),
  );
  return !isThere && (await isFolder(parent)) && pseudoFileSystem(parent) === undefined;
}

function kindOf(found: Awaited<ReturnType<typeof stat>>): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
