/** Processes that another one has attached to, as gdb and strace do: ptrace(2). */
import { setTimeout as delay } from 'node:timers/promises';
import {
  listPids,
  type ProcessIdentity,
  type ProcessStat,
  readProcess,
  readProcessStatus,
  sendSignal,
} from './processes.ts';

/** How long a tracer that is ending may take to let go: killed while it writes to a slow disk, it ends when that write does. */
const letGoWithinMs = 3000;
const pollMs = 5;

/**
 * Makes sure that a process runs again after its tracer has ended; call it only for one that was not stopped before.
 * A tracer that is killed while it attaches leaves it stopped: PTRACE_ATTACH works by SIGSTOP, and one that nobody took
 * stays. `detached` says that the tracer reported to have let go in order, so that nothing can be pending.
 * Gives the pid of a tracer that still holds it after 3 s, else 0.
 */
export async function letRun(target: ProcessIdentity, detached: boolean): Promise<number> {
  const deadline = performance.now() + letGoWithinMs;
  let tracer = (await readProcessStatus(target.pid))?.tracer ?? 0;
  // After an orderly detach a tracer is someone else's, another rig's perhaps: not ours to wait for.
  while (tracer !== 0 && !detached && performance.now() < deadline) {
    await delay(pollMs);
    tracer = (await readProcessStatus(target.pid))?.tracer ?? 0;
  }
  const now = await readProcess(target.pid);
  if (now === undefined || now.startTime !== target.startTime) return 0;
  // Not only when it is stopped: a SIGSTOP on its way would stop it a moment later; SIGCONT takes that back too, signal(7).
  // Nor while someone else traces it: SIGCONT would take the SIGSTOP away by which that one attaches, and waits for.
  if (tracer === 0 && (!detached || now.state === 'T')) sendSignal(target.pid, 'SIGCONT');
  return detached ? 0 : tracer;
}

/** The processes that one of these has attached to. */
async function findTraced(tracers: number[]): Promise<ProcessStat[]> {
  const traced: ProcessStat[] = [];
  for (const pid of await listPids()) {
    const status = await readProcessStatus(pid);
    const process = status && tracers.includes(status.tracer) ? await readProcess(pid) : undefined;
    if (process) traced.push(process);
  }
  return traced;
}

/** Kills processes, and lets those run that they had attached to. */
export async function killTracers(pids: number[]): Promise<void> {
  // Stopped first, so that none attaches to anything between the look and the kill.
  for (const pid of pids) sendSignal(pid, 'SIGSTOP');
  const traced = await findTraced(pids);
  for (const pid of pids) sendSignal(pid, 'SIGKILL');
  for (const process of traced) await letRun(process, false);
}
