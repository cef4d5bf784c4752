/** The environment that a process was started with: proc_pid_environ(5). */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnvironment, hasMemory, listPids, livingThread } from './stat.ts';

/** How long execve(2) may take to give a process another program: on a busy host it waits for a processor. */
const execMs = 1000;
const execPollMs = 2;
/** How often an environment must be read as empty to be taken for empty: one execve(2) may follow another. */
const mostEmpty = 10;

/**
 * The environment as `NAME=value`, each with a NUL behind it; empty when the process is gone or may not be looked into. During
 * execve(2) there is none to read, so that is waited for.
 */
async function readEnvironment(pid: number): Promise<string> {
  const deadline = performance.now() + execMs;
  for (let empty = 0; ; ) {
    const environment = await readFile(`/proc/${livingThread(pid)}/environ`, 'latin1').catch(() => undefined);
    if (environment !== '' || !hasMemory(pid) || performance.now() > deadline) return environment ?? '';
    if (!hasEnvironment(pid)) await delay(execPollMs);
    else if (++empty > mostEmpty) return environment;
  }
}

/** A variable in the environment of a process; undefined when there is none of that name, or the process is gone. */
export async function readVariable(pid: number, name: string): Promise<string | undefined> {
  const environment = await readEnvironment(pid);
  const variable = environment.split('\0').find((candidate) => candidate.startsWith(`${name}=`));
  return variable?.slice(name.length + 1);
}

/** The pids of all processes that were started with `NAME=value` in their environment. */
export async function findByEnvironment(name: string, value: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of listPids()) if ((await readVariable(pid, name)) === value) found.push(pid);
  return found;
}
