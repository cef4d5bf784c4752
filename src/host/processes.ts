/** Facts about processes, from proc(5). The only reader of /proc/PID. */
import { readdir, readFile } from 'node:fs/promises';

/** One process, told apart from a later one with the same pid by its start time. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot: field 22 of /proc/PID/stat. */
  startTime: number;
  /** The program's name as the kernel has it, at most 15 bytes: field 2. It may contain any byte but NUL. */
  comm: string;
}

export interface ProcessStat extends ProcessIdentity {
  /** Field 3: R S D Z T t X ... */
  state: string;
  parentPid: number;
}

/** Reads /proc/PID/stat; undefined when there is no such process. See proc_pid_stat(5). */
export async function readProcess(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name stands in parentheses and may itself contain any: the last one closes it.
  const close = text.lastIndexOf(')');
  const comm = text.slice(text.indexOf('(') + 1, close);
  const fields = text.slice(close + 2).split(' ');
  const [state, parent] = fields;
  const startTime = Number(fields[19]);
  if (state === undefined || Number.isNaN(startTime)) return undefined;
  return { pid, startTime, comm, state, parentPid: Number(parent) };
}

/** Whether this very process still runs: a zombie has ended, and another start time is another process. */
export async function isAlive({ pid, startTime }: { pid: number; startTime: number }): Promise<boolean> {
  const now = await readProcess(pid);
  return now !== undefined && now.startTime === startTime && now.state !== 'Z' && now.state !== 'X';
}

/** The pids of all processes in this pid namespace. */
export async function listPids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** All processes that have `NAME=value` in the environment they were started with. */
export async function findByEnvironment(name: string, value: string): Promise<number[]> {
  const wanted = `${name}=${value}`;
  const found: number[] = [];
  for (const pid of await listPids()) {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    if (environment.split('\0').includes(wanted)) found.push(pid);
  }
  return found;
}
