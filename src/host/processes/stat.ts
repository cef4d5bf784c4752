/** Which processes there are, and what /proc/PID/stat says of one: proc_pid_stat(5). */
import { readdir, readFile } from 'node:fs/promises';
import { readAtOnce } from './read-at-once.ts';

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

/** /proc/PID/stat: the name, and the other fields by their numbers in proc_pid_stat(5). */
interface Stat {
  comm: string;
  field(number: number): string | undefined;
}

function readStat(pid: number): Stat | undefined {
  const text = readAtOnce(pid, 'stat');
  if (text === undefined) return undefined;
  // The name stands in parentheses and may itself contain any: the last one closes it.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  return { comm: text.slice(text.indexOf('(') + 1, close), field: (number) => fields[number - 3] };
}

/** Reads /proc/PID/stat; undefined when there is no such process. */
export async function readProcess(pid: number): Promise<ProcessStat | undefined> {
  const stat = readStat(pid);
  const [state, parentPid, startTime] = [stat?.field(3), Number(stat?.field(4)), Number(stat?.field(22))];
  if (stat === undefined || state === undefined || Number.isNaN(startTime)) return undefined;
  return { pid, startTime, comm: stat.comm, state, parentPid };
}

/** Whether this very process still runs: a zombie has ended, and another start time is another process. */
export async function isAlive({ pid, startTime }: { pid: number; startTime: number }): Promise<boolean> {
  const now = await readProcess(pid);
  return now !== undefined && now.startTime === startTime && now.state !== 'Z' && now.state !== 'X';
}

/** Sends a signal to one process; false when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The pids of all processes in this pid namespace. */
export async function listPids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * Whether a process has memory, by its vsize. Kernel threads have none, nor has one that is ending: its environment and its
 * arguments are gone some time before it is itself.
 */
export const hasMemory = (pid: number): boolean => Number(readStat(pid)?.field(23)) > 0;

/** Whether execve(2) has put an environment, which may be empty, into the memory of a process: env_end. */
export const hasEnvironment = (pid: number): boolean => Number(readStat(pid)?.field(51)) > 0;

/**
 * What a process that does not answer is at, in words, by its state and where in the kernel it waits; undefined when it is gone.
 * See proc_pid_stat(5) and proc_pid_wchan(5).
 */
export async function describeState(pid: number): Promise<string | undefined> {
  const found = await readProcess(pid);
  if (!found) return undefined;
  if (found.state === 'T') return 'it is stopped (SIGSTOP?); kill -CONT lets it run';
  if (found.state === 't') return 'a debugger holds it';
  if (found.state === 'R') return 'it is busy';
  const place = await readFile(`/proc/${pid}/wchan`, 'latin1').catch(() => '');
  const where = /^\w{2,}/.exec(place)?.[0];
  const how = found.state === 'D' ? 'it waits for a disk or the like, and cannot be interrupted' : 'it waits';
  return where === undefined ? how : `${how} (${where})`;
}
