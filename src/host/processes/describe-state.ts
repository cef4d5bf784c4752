/** What a process that does not answer is doing, in words. */
import { readFile } from 'node:fs/promises';
import { foundIn } from './read-at-once.ts';
import { livingThread, lookAt } from './stat.ts';

/** From the state of a process and the place in the kernel where it waits: proc_pid_wchan(5). Undefined when it is gone, or cannot be looked at. */
export async function describeState(pid: number): Promise<string | undefined> {
  const state = foundIn(lookAt(pid))?.state;
  if (state === undefined) return undefined;
  if (state === 'T') return 'it is stopped (SIGSTOP?); kill -CONT lets it run';
  if (state === 't') return 'a debugger holds it';
  if (state === 'R') return 'it is busy';
  const wchan = await readFile(`/proc/${livingThread(pid)}/wchan`, 'latin1').catch(() => '');
  // "0" where it does not wait, or where the kernel does not tell.
  const place = /^\w{2,}/.exec(wchan)?.[0];
  const what = state === 'D' ? 'it waits for a disk or the like, and cannot be interrupted' : 'it waits';
  return place === undefined ? what : `${what} (${place})`;
}
