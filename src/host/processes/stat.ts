/** Which processes there are, and what /proc/PID/stat says of one: proc_pid_stat(5). */
import { readdirSync } from 'node:fs';
import { foundIn, type Life, type Look, readAtOnce } from './read-at-once.ts';

/** One process. Its start time tells it from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot: field 22. */
  startTime: number;
  /** The program's name as the kernel has it, cut to 15 bytes: field 2. It may contain any byte but NUL. */
  comm: string;
}

export interface ProcessStat extends ProcessIdentity {
  /** Field 3: R S D Z T t X ... That of a thread that runs where only the main thread has ended. */
  state: string;
  parentPid: number;
  /** The pid of the process that has begun its session: field 6. See setsid(2). */
  session: number;
}

/** The name, and the other fields by their numbers in the man page. */
interface Fields {
  comm: string;
  field(number: number): string | undefined;
}

function parseFields(text: string): Fields {
  // The name stands in parentheses and may itself contain some: the last one closes it.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  return { comm: text.slice(text.indexOf('(') + 1, close), field: (number) => fields[number - 3] };
}

function readFields(pid: number): Fields | undefined {
  const text = foundIn(readAtOnce(pid, 'stat'));
  return text === undefined ? undefined : parseFields(text);
}

/** The ids of all threads of a process; none when it is gone. */
function listThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

/**
 * The id by which /proc and ptrace(2) reach a process: its pid, or the id of a thread that runs where only the main thread has
 * ended, by pthread_exit(3). That leaves at the pid what looks like a zombie: no memory, no program, no arguments.
 */
export function livingThread(pid: number): number {
  const main = readFields(pid);
  if (main?.field(3) !== 'Z' || Number(main.field(20)) < 2) return pid;
  return listThreads(pid).find((thread) => /^[^ZX]$/.test(readFields(thread)?.field(3) ?? '')) ?? pid;
}

/** Looks at a process by its pid. */
export function lookAt(pid: number): Look<ProcessStat> {
  const look = readAtOnce(pid, 'stat');
  if (look.life !== 'alive') return look;
  const { comm, field } = parseFields(look.found);
  const thread = field(3) === 'Z' ? livingThread(pid) : pid;
  // A zombie that has other threads, none of which could be looked at.
  if (field(3) === 'Z' && thread === pid && Number(field(20)) > 1)
    return { life: 'unknown', why: 'its threads cannot be read' };
  const state = thread === pid ? field(3) : readFields(thread)?.field(3);
  const [parentPid, session, startTime] = [4, 6, 22].map((number) => Number(field(number))) as [number, number, number];
  if (state === undefined || Number.isNaN(startTime)) return { life: 'unknown', why: 'its stat cannot be understood' };
  return { life: 'alive', found: { pid, startTime, comm, state, parentPid, session } };
}

/** Whether a process has ended: nobody has collected a zombie yet. */
export const hasEnded = ({ state }: ProcessStat): boolean => state === 'Z' || state === 'X';

/** Whether this very process, of this pid namespace, still runs: another start time means another process. */
export function lifeOf({ pid, startTime }: { pid: number; startTime: number }): Life {
  const look = lookAt(pid);
  if (look.life !== 'alive') return look.life;
  return look.found.startTime === startTime && !hasEnded(look.found) ? 'alive' : 'dead';
}

/** All processes of this pid namespace that could be looked at. */
export const lookAtAll = (): ProcessStat[] => listPids().flatMap((pid) => foundIn(lookAt(pid)) ?? []);

/** Sends a signal to one process; false when there is no such process any more. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The pids of all processes in this pid namespace. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

/**
 * Whether a process has memory: vsize, field 23. A kernel thread has none, and a process that is ending loses it, with its
 * environment and its arguments, some time before it is gone.
 */
export const hasMemory = (pid: number): boolean => Number(readFields(livingThread(pid))?.field(23)) > 0;

/** Whether execve(2) has put an environment, which may be empty, into the memory of a process: env_end, field 51. */
export const hasEnvironment = (pid: number): boolean => Number(readFields(livingThread(pid))?.field(51)) > 0;

/** The CPU time of all threads of a process, in clock ticks: utime and stime, fields 14 and 15. NaN when it is gone. */
export function readCpuTicks(pid: number): number {
  const stat = readFields(pid);
  return Number(stat?.field(14)) + Number(stat?.field(15));
}
