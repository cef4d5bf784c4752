/** The environment that a process was started with: proc_pid_environ(5). */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnvironment, hasMemory, listPids } from './stat.ts';

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
