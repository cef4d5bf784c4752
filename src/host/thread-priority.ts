/** The priority of libuv's worker threads in this process, which read and write files and compress. */
import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { findProgram } from './programs/find-program.ts';
import { startProgram } from './programs/start-program.ts';

/** The ids of libuv's worker threads, found by the name that libuv gives them: proc_pid_task(5). */
async function listWorkers(): Promise<number[]> {
  const workers: number[] = [];
  for (const thread of await readdir('/proc/self/task')) {
    const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'libuv-worker') workers.push(Number(thread));
  }
  return workers;
}

/** Sets the nice value and the I/O class of threads: setpriority(2), ioprio_set(2). Node can set only the nice value. */
async function setPriorities(workers: number[], nice: number, ioClass: 'none' | 'idle'): Promise<void> {
  for (const worker of workers) setPriority(worker, nice);
  const ionice = await findProgram('ionice');
  if (ionice === undefined || workers.length === 0) return;
  const program = await startProgram(ionice, ['-c', ioClass, '-p', ...workers.map(String)]);
  await program.ended;
}

/**
 * Does `work` while this process reads, writes and compresses at nice 10 and in the idle class of I/O, as far as the host allows.
 * The main thread keeps its priority. Do only one such work at a time.
 */
export async function withIdleWorkers<T>(work: () => Promise<T>): Promise<T> {
  const workers = await listWorkers();
  // A priority that cannot be set is no reason not to do the work.
  await setPriorities(workers, 10, 'idle').catch(() => {});
  try {
    return await work();
  } finally {
    await setPriorities(workers, getPriority(), 'none').catch(() => {});
  }
}
