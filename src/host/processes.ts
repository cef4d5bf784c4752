/** Facts about processes, from proc(5). The only reader of /proc/PID. */
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../errors.ts';

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

/**
 * Reads a file of /proc/PID that never waits for the process, as those do that need its memory map (environ, cmdline, smaps):
 * at once, because the thread pool would take a hundred times longer, and there are ten on the way to a core.
 */
function readAtOnce(pid: number, name: 'stat' | 'status' | 'coredump_filter'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has ended.
    return undefined;
  }
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
const hasEnvironment = (pid: number): boolean => Number(readStat(pid)?.field(51)) > 0;

/** How long execve(2) may take to give a process another program, on a host where it has to wait for a processor. */
const execMs = 1000;
const execPollMs = 2;
/** One that is found empty so often is empty: a process may get one program right after the other. */
const mostEmpty = 3;

/**
 * The environment that a process was started with; empty when it is gone. While execve(2) is at work there is none to be read:
 * that is waited for.
 */
async function readEnvironment(pid: number): Promise<string> {
  const deadline = performance.now() + execMs;
  for (let empty = 0; ; ) {
    // One that is gone, or may not be looked into.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => undefined);
    if (environment !== '' || !hasMemory(pid) || performance.now() > deadline) return environment ?? '';
    if (!hasEnvironment(pid)) await delay(execPollMs);
    else if (++empty > mostEmpty) return environment;
  }
}

/** A variable in the environment that a process was started with; undefined when it has none of the name, or is gone. */
export async function readVariable(pid: number, name: string): Promise<string | undefined> {
  const environment = await readEnvironment(pid);
  const variable = environment.split('\0').find((candidate) => candidate.startsWith(`${name}=`));
  return variable?.slice(name.length + 1);
}

/** All processes that have `NAME=value` in the environment they were started with. */
export async function findByEnvironment(name: string, value: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await listPids()) if ((await readVariable(pid, name)) === value) found.push(pid);
  return found;
}

/** What /proc/PID/status has and stat has not; undefined when there is no such process. See proc_pid_status(5). */
export async function readProcessStatus(pid: number): Promise<{ threadGroup: number; tracer: number } | undefined> {
  const text = readAtOnce(pid, 'status');
  if (text === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { threadGroup: field('Tgid'), tracer: field('TracerPid') };
}

/**
 * How large a core of a process will be at least, in bytes: what it has in memory and in swap of the mappings that its dump
 * filter selects. 0 when it is gone. See VmSwap and RssAnon in proc_pid_status(5), and core(5).
 */
export async function estimateCore(pid: number): Promise<number> {
  const status = readAtOnce(pid, 'status') ?? '';
  const filter = readAtOnce(pid, 'coredump_filter');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  const bits = Number.parseInt(filter || '33', 16);
  const anonymous = bits & 0b0001 ? kilobytes('RssAnon') + kilobytes('VmSwap') : 0;
  const shared = bits & 0b0010 ? kilobytes('RssShmem') : 0;
  const ofFiles = bits & 0b1100 ? kilobytes('RssFile') : 0;
  return (anonymous + shared + ofFiles) * 1024;
}

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

/** USER_HZ, in which the kernel tells start times: 100 on every architecture that Node runs on. See sysconf(3), _SC_CLK_TCK. */
const ticksPerSecond = 100;

/** What a process has used so far. */
export interface Usage {
  pid: number;
  /** Its own alone: what it has written to. The rest, as the program file itself, it shares with others of its kind. */
  privateBytes: number;
  /** In user and kernel mode, of all its threads; children are not counted. */
  cpuSeconds: number;
}

/** Memory and CPU of a process; undefined when it is gone. See Private_Dirty in proc_pid_smaps(5), utime and stime in proc_pid_stat(5). */
export async function readUsage(pid: number): Promise<Usage | undefined> {
  try {
    const [memory, text] = [
      await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
      await readFile(`/proc/${pid}/stat`, 'utf8'),
    ];
    const [kiB] = /(?<=^Private_Dirty:\s+)\d+/m.exec(memory) ?? [];
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { pid, privateBytes: Number(kiB) * 1024, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    // It has ended. A kernel without smaps_rollup (before 4.14) is older than any that rig runs on.
    return undefined;
  }
}

/** How far {@link startedAtMs} may be off: start time and uptime are both cut to 10 ms. */
export const startToleranceMs = 20;

/**
 * When a process started, in milliseconds since the epoch, to {@link startToleranceMs}, as the clock is set now. From
 * /proc/uptime and not from btime in /proc/stat, which is cut to a second.
 */
export async function startedAtMs({ startTime }: { startTime: number }): Promise<number> {
  // The clock first: a delay between the two readings then makes the process older, never younger than it is. And at once: on a
  // busy host the thread pool would make it older by more than the tolerance.
  const nowMs = Date.now();
  const [uptimeSeconds] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return nowMs - Number(uptimeSeconds) * 1000 + (startTime * 1000) / ticksPerSecond;
}
