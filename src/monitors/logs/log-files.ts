/** Which log files are watched: the named ones, each checked, or the distribution's own. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf, messageOf, UsageError } from '../../errors.ts';

/** Where syslog goes: Red Hat, SUSE and older Debian have the first, newer Debian and Ubuntu only the second. */
const defaultFiles = ['/var/log/messages', '/var/log/syslog'];
const ownLog = '/var/log/rig/rig.log';

/** The default file of this host; both names while there is neither, since either may come. */
export async function findDefaultFiles(): Promise<string[]> {
  for (const path of defaultFiles) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return [path];
  }
  return defaultFiles;
}

/** The absolute paths of named files, each once. Throws UsageError for one that cannot be watched. */
export async function checkNamedFiles(names: string[], remark: (text: string) => void): Promise<string[]> {
  const paths: string[] = [];
  for (const name of names) {
    if (name === '') throw new UsageError('--logfile: a file name is empty');
    if (name === '-') throw new UsageError('--logfile -: standard input cannot be watched');
    if (name.includes('\0')) throw new UsageError('--logfile: a file name cannot contain a NUL byte');
    const path = resolve(name);
    if (paths.includes(path)) continue;
    await checkFile(name, path, remark);
    paths.push(path);
  }
  return paths;
}

async function checkFile(name: string, path: string, remark: (text: string) => void): Promise<void> {
  if (path === ownLog || (await realpath(path).catch(() => path)) === ownLog)
    throw new UsageError(`--logfile ${name}: rig's own log cannot be watched`);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new UsageError(`--logfile ${name}: ${kindOf(found)}, not a regular file`);
    await access(path, constants.R_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (errnoOf(error) === 'ENOENT') await checkMissingFile(name, path, remark);
    else if (errnoOf(error) === 'EACCES') throw new UsageError(`--logfile ${name}: permission denied`);
    else throw new UsageError(`--logfile ${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function checkMissingFile(name: string, path: string, remark: (text: string) => void): Promise<void> {
  if (/[*?[]/.test(name)) throw new UsageError(`--logfile ${name}: no such file, and patterns are not expanded by rig`);
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new UsageError(`--logfile ${name}: no such file, and no such folder`);
  remark(`${name} does not exist yet: it is waited for`);
}

function kindOf(found: Awaited<ReturnType<typeof stat>>): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a fifo';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
