/** The environment that a process was started with: proc_pid_environ(5). */
import { setTimeout as delay } from 'node:timers/promises';
import { aside } from '../aside.ts';
import { hasEnvironment, hasMemory, livingThread, type ProcessIdentity } from './stat.ts';

/** How long execve(2) may take to give a process another program: on a busy host it waits for a processor. */
const execMs = 1000;
const execPollMs = 2;
/** How often an environment must be read as empty to be taken for empty: one execve(2) may follow another. */
const mostEmpty = 10;

/**
 * The environments of processes, as `NAME=value` with a NUL behind each; empty for a process that is gone, may not be looked into,
 * or does not let itself be read. During execve(2) there is none to read, so that is waited for.
 */
async function readEnvironments(pids: readonly number[]): Promise<Map<number, string>> {
  const environments = new Map<number, string>();
  const deadline = performance.now() + execMs;
  let left = pids;
  for (let empty = 0; left.length > 0; ) {
    const contents = await aside.read(left.map((pid) => `/proc/${livingThread(pid)}/environ`));
    for (const [index, pid] of left.entries()) environments.set(pid, contents[index]?.toString('latin1') ?? '');
    left = left.filter((pid, index) => contents[index]?.length === 0 && hasMemory(pid));
    if (performance.now() > deadline) break;
    if (left.some((pid) => !hasEnvironment(pid))) await delay(execPollMs);
    else if (++empty > mostEmpty) break;
  }
  return environments;
}

/** A variable in the environment of a process; undefined when there is none of that name, or it could not be read. */
export async function readVariable(pid: number, name: string): Promise<string | undefined> {
  const environment = (await readEnvironments([pid])).get(pid) ?? '';
  const variable = environment.split('\0').find((candidate) => candidate.startsWith(`${name}=`));
  return variable?.slice(name.length + 1);
}

/** Those of the processes that were started with `NAME=value` in their environment, as far as it could be read. */
export async function withVariable<T extends ProcessIdentity>(
  processes: readonly T[],
  name: string,
  value: string,
): Promise<T[]> {
  const environments = await readEnvironments(processes.map(({ pid }) => pid));
  return processes.filter(({ pid }) => environments.get(pid)?.split('\0').includes(`${name}=${value}`));
}
