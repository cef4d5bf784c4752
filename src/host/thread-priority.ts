/** The priority of this process's own worker threads: those of libuv, which read and write files and compress. */
import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { findProgram } from './programs/find-program.ts';
import { startProgram } from './programs/start-program.ts';

/** The threads of libuv's pool, by the name that it gives them. See /proc/PID/task in proc(5). */
async function listWorkers(): Promise<number[]> {
  const workers: number[] = [];
  for (const thread of await readdir('/proc/self/task')) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'libuv-worker') workers.push(Number(thread));
  }
  return workers;
}

/** Linux has a nice value and a class of I/O for each thread: setpriority(2), ioprio_set(2); Node can set only the first. */
async function setPriorities(workers: number[], nice: number, ioClass: 'none' | 'idle'): Promise<void> {
  for (const worker of workers) setPriority(worker, nice);
  const ionice = await findProgram('ionice');
  if (ionice === undefined || workers.length === 0) return;
  const program = await startProgram(ionice, ['-c', ioClass, '-p', ...workers.map(String)]);
  await program.ended;
}

/**
 * Does `work`, during which this process reads, writes and compresses at nice 10 and in the idle class of I/O, as far as the host
 * lets it. The main thread keeps its priority. Only one such work may be done at a time.
 */
export async function withIdleWorkers<T>(work: () => Promise<T>): Promise<T> {
  const workers = await listWorkers();
  // What cannot be set stays as it is: the work is worth more than the priority that it has.
  await setPriorities(workers, 10, 'idle').catch(() => {});
  try {
    return await work();
  } finally {
    await setPriorities(workers, getPriority(), 'none').catch(() => {});
  }
}
