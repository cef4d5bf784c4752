/** The names of processes, and processes by their names. */
import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { aside } from '../aside.ts';
import { livingThread, lookAtAll, type ProcessStat } from './stat.ts';

/**
 * The path of the program that a process runs, as it was when the process was started: an upgrade may have replaced the file.
 * Undefined for a kernel thread or a zombie, and where rig may not look into the process. See proc_pid_exe(5).
 */
export async function readExecutable(pid: number): Promise<string | undefined> {
  const path = await readlink(`/proc/${livingThread(pid)}/exe`).catch(() => undefined);
  return path?.replace(/ \(deleted\)$/, '');
}

/** The arguments of a process, from its cmdline: proc_pid_cmdline(5). */
function parseArguments(cmdline: Buffer): string[] {
  // A process that has set its own title may have left out the last NUL.
  return cmdline.length === 0 ? [] : cmdline.toString().replace(/\0$/, '').split('\0');
}

const cmdlineOf = ({ pid }: { pid: number }): string => `/proc/${livingThread(pid)}/cmdline`;

/** The arguments of a process, its name among them; none when it is gone, or does not let them be read. */
export async function readCommandLine(pid: number): Promise<string[]> {
  return parseArguments((await aside.readOne(cmdlineOf({ pid }))) ?? Buffer.alloc(0));
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
    const processes = lookAtAll().filter(({ state }) => zombies || state !== 'Z');
    const before = this.#known;
    this.#known = new Map();
    const asked: ProcessStat[] = [];
    const found = processes.filter((process) => {
      const answers = this.#recall(process, before.get(process.pid), name);
      if (answers === undefined) asked.push(process);
      return answers;
    });
    found.push(...(await this.#ask(asked, name)));
    return found.sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  }

  /** Whether a process answers to a name, by what is known of it; undefined when its names have to be read. */
  #recall({ pid, startTime, comm, state }: ProcessStat, before: Named | undefined, name: string): boolean | undefined {
    const isSame = before?.startTime === startTime && before.comm === comm;
    if (isSame) this.#known.set(pid, before);
    if (comm === name) return true;
    if (isSame) return before.names.includes(name);
    return state === 'Z' ? comm === commOf(name) : undefined;
  }

  /** Those of the processes that answer to a name, by names that are read now. */
  async #ask(processes: readonly ProcessStat[], name: string): Promise<ProcessStat[]> {
    const read = await readNames(processes);
    return processes.filter(({ pid, startTime, comm }, index) => {
      const { names, isComplete } = read[index] ?? { names: [], isComplete: false };
      if (isComplete) this.#known.set(pid, { startTime, comm, names });
      return names.includes(name);
    });
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

/** What a process may be called. `isComplete` is false when not all could be read, and may be readable later. */
interface Names {
  names: string[];
  isComplete: boolean;
}

/** The program, argv[0] and script of each of the processes. */
async function readNames(processes: readonly ProcessStat[]): Promise<Names[]> {
  const cmdlines = await aside.read(processes.map(cmdlineOf));
  return await Promise.all(
    processes.map(async ({ pid }, index) => {
      const cmdline = cmdlines[index];
      // Before kernel 4.1 the link to the program, too, waits for the memory map, which is locked here.
      if (cmdline === undefined) return { names: [], isComplete: false };
      const program = await readExecutable(pid);
      const args = parseArguments(cmdline);
      const [calledBy = ''] = args;
      const paths = [program ?? '', calledBy, findScript(program ?? '', args) ?? ''].filter((path) => path !== '');
      // A kernel thread has neither. While execve(2) is at work there is no argv[0].
      const isComplete = calledBy !== '' || program === undefined;
      return { names: paths.flatMap((path) => [path, basename(path)]), isComplete };
    }),
  );
}

/** Whether a process answers to a name: see {@link ProcessFinder}. */
export async function answersTo(process: ProcessStat, name: string): Promise<boolean> {
  return process.comm === name || ((await readNames([process]))[0]?.names.includes(name) ?? false);
}

/** All processes of that name, oldest first, without zombies: see {@link ProcessFinder}. */
export const findByName = (name: string): Promise<ProcessStat[]> => new ProcessFinder().find(name);
