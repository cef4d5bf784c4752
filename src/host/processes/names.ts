/** The names of processes, and processes by their names. */
import { readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { listPids, livingThread, type ProcessStat, readProcess } from './stat.ts';

/**
 * The path of the program that a process runs, as it was when the process was started: an upgrade may have replaced the file.
 * Undefined for a kernel thread or a zombie, and where rig may not look into the process. See proc_pid_exe(5).
 */
export async function readExecutable(pid: number): Promise<string | undefined> {
  const path = await readlink(`/proc/${livingThread(pid)}/exe`).catch(() => undefined);
  return path?.replace(/ \(deleted\)$/, '');
}

/** The arguments of a process, its name among them; none when it is gone. See proc_pid_cmdline(5). */
export async function readCommandLine(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${livingThread(pid)}/cmdline`, 'utf8').catch(() => '');
  // A process that has set its own title may have left out the last NUL.
  return text === '' ? [] : text.replace(/\0$/, '').split('\0');
}

/** The name that the kernel keeps of a program: the first 15 bytes of its file's name. See TASK_COMM_LEN in proc_pid_comm(5). */
const commOf = (name: string): string => Buffer.from(basename(name)).subarray(0, 15).toString();

/** A process as it was when its names were read. */
interface Named {
  startTime: number;
  comm: string;
  names: string[];
}

/**
 * Finds processes by name, again and again. As with pidof(8), a process answers to
 * - the kernel's name for it (comm), which is cut to 15 bytes and which the process may have changed;
 * - its program (exe), as a full path and as the file's name;
 * - what it was called by (argv[0]), as it stands there and without its folder;
 * - its script, where the program is an interpreter, likewise: see {@link findScript}.
 * A search reads the stat of every process. Program and arguments are read once, and again when comm changes: execve(2) sets it.
 */
export class ProcessFinder {
  #known = new Map<number, Named>();

  /**
   * All processes of that name, oldest first; `zombies` includes those that have ended and that nobody has collected. A zombie
   * has only its comm left. Unless an earlier search has seen it alive, it answers to every name with the same first 15 bytes.
   */
  async find(name: string, { zombies = false } = {}): Promise<ProcessStat[]> {
    const found: ProcessStat[] = [];
    const before = this.#known;
    this.#known = new Map();
    for (const pid of listPids()) {
      const process = readProcess(pid);
      if (process === undefined || (process.state === 'Z' && !zombies)) continue;
      const answers = this.#recall(process, before.get(pid), name) ?? (await this.#answers(process, name));
      if (answers) found.push(process);
    }
    return found.sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  }

  /** Whether a process answers to a name, by what is known of it; undefined when its names have to be read. */
  #recall({ pid, startTime, comm }: ProcessStat, before: Named | undefined, name: string): boolean | undefined {
    const isSame = before?.startTime === startTime && before.comm === comm;
    if (isSame) this.#known.set(pid, before);
    if (comm === name) return true;
    return isSame ? before.names.includes(name) : undefined;
  }

  async #answers(process: ProcessStat, name: string): Promise<boolean> {
    const { pid, startTime, comm, state } = process;
    if (state === 'Z') return comm === commOf(name);
    const { names, isComplete } = await readNames(process);
    if (isComplete) this.#known.set(pid, { startTime, comm, names });
    return names.includes(name);
  }
}

/** Interpreters, by the names of their files, and which of their options have a value as the next argument. */
const interpreters: readonly [RegExp, RegExp][] = [
  [/^(ba|da|a|k|z)?sh$/, /^[-+][oO]$/],
  [/^(python|pypy)[\d.]*$/, /^-[WX]$/],
  [/^(perl|ruby)[\d.]*$/, /^-[Ir]$/],
  [/^php[\d.]*$/, /^-[cd]$/],
  [/^node(js)?$/, /^(-r|--require|--import|--loader)$/],
  [/^java$/, /^(-cp|-classpath|--class-path|-p|--module-path|--add-opens|--add-modules)$/],
];

/**
 * What an interpreter runs: its first argument that is no option. That is a script, the JAR file or class of a JVM, or the module
 * of `python3 -m`. A process that a script's `#!/usr/bin/env python3` has started is named by nothing else.
 */
export function findScript(program: string, [calledBy = '', ...args]: string[]): string | undefined {
  const names = [basename(program), basename(calledBy)];
  const withValue = interpreters.find(([name]) => names.some((each) => name.test(each)))?.[1];
  if (withValue === undefined) return undefined;
  const script = args.find((arg, index) => !/^[-+]/.test(arg) && !withValue.test(args[index - 1] ?? ''));
  // With a blank in it, it is the text of `sh -c`.
  return script === undefined || /\s/.test(script) ? undefined : script;
}

/** The words for where {@link ProcessFinder} looks, for a message that it has found nothing. */
export const lookedAt = 'by its program, what it was called by, its script, or the name that the kernel has for it';

/** The program, argv[0] and script of a process. `isComplete` is false when argv[0] could not be read, and may be readable later. */
async function readNames({ pid, state }: ProcessStat): Promise<{ names: string[]; isComplete: boolean }> {
  const program = await readExecutable(pid);
  // A process in uninterruptible sleep may have locked its memory, where its arguments are: reading it would hang, too. And while
  // execve(2) is at work there is no argv[0].
  const args = state === 'D' ? [] : await readCommandLine(pid);
  const [calledBy = ''] = args;
  const paths = [program ?? '', calledBy, findScript(program ?? '', args) ?? ''].filter((path) => path !== '');
  // A kernel thread has neither.
  return {
    names: paths.flatMap((path) => [path, basename(path)]),
    isComplete: calledBy !== '' || program === undefined,
  };
}

/** Whether a process answers to a name: see {@link ProcessFinder}. */
export async function answersTo(process: ProcessStat, name: string): Promise<boolean> {
  return process.comm === name || (await readNames(process)).names.includes(name);
}

/** All processes of that name, oldest first, without zombies: see {@link ProcessFinder}. */
export const findByName = (name: string): Promise<ProcessStat[]> => new ProcessFinder().find(name);
