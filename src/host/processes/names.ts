/** The names that a process answers to. */
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { errnoOf } from '../../errors.ts';
import { listPids, type ProcessIdentity, type ProcessStat, readProcess } from './stat.ts';

/**
 * The path of the program that a process runs, as it was when it was started: an upgrade may have replaced the file.
 * Undefined where {@link checkAccess} does not allow to look.
 */
export async function readExecutable(pid: number): Promise<string | undefined> {
  const path = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
  return path?.replace(/ \(deleted\)$/, '');
}

/**
 * Whether rig may look into a process, which needs the same permission as attaching to it (proc_pid_exe(5), ptrace(2)):
 * a container may deny that even to root. A kernel thread has nothing to look into.
 */
export async function checkAccess(pid: number): Promise<'allowed' | 'denied' | 'kernel thread'> {
  try {
    await readlink(`/proc/${pid}/exe`);
    return 'allowed';
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'kernel thread' : 'denied';
  }
}

/** The arguments of a process, its name among them; none when it is gone. See proc_pid_cmdline(5). */
export async function readCommandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // A process that has given itself a title may have left out the last NUL.
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/**
 * The names that a process answers to, as with pidof(8): the kernel's (cut to 15 bytes), that of its program and that
 * which it was called by, the latter two also as full paths.
 */
async function readNames({ pid, comm }: ProcessIdentity): Promise<string[]> {
  const [calledBy] = await readCommandLine(pid);
  const paths = [await readExecutable(pid), calledBy].filter((path) => path !== undefined && path !== '');
  return [comm, ...paths.flatMap((path) => (path === undefined ? [] : [path, basename(path)]))];
}

/** All processes of that name, oldest first; zombies have ended and are left out. */
export async function findByName(name: string): Promise<ProcessStat[]> {
  const found: ProcessStat[] = [];
  for (const pid of await listPids()) {
    const process = await readProcess(pid);
    if (process && process.state !== 'Z' && (await readNames(process)).includes(name)) found.push(process);
  }
  return found.sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
}
