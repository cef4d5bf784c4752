/** Processes that another one has attached to, as gdb and strace do: ptrace(2). */
import { setTimeout as delay } from 'node:timers/promises';
import { readVariable } from './environment.ts';
import { listPids, type ProcessIdentity, type ProcessStat, readProcess, sendSignal } from './stat.ts';
import { readProcessStatus } from './status.ts';

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
  let tracer = readProcessStatus(target.pid)?.tracer ?? 0;
  // After an orderly detach a tracer is someone else's, another rig's perhaps: not ours to wait for.
  while (tracer !== 0 && !detached && performance.now() < deadline) {
    await delay(pollMs);
    tracer = readProcessStatus(target.pid)?.tracer ?? 0;
  }
  const now = readProcess(target.pid);
  if (now === undefined || now.startTime !== target.startTime) return 0;
  // Not only when it is stopped: a SIGSTOP on its way would stop it a moment later; SIGCONT takes that back too, signal(7).
  // Nor while someone else traces it: SIGCONT would take the SIGSTOP away by which that one attaches, and waits for.
  if (tracer === 0 && (!detached || now.state === 'T')) sendSignal(target.pid, 'SIGCONT');
  return detached ? 0 : tracer;
}

/** The processes that one of these has attached to. */
async function findTraced(tracers: Set<number>): Promise<(ProcessStat & { tracer: number })[]> {
  const traced: (ProcessStat & { tracer: number })[] = [];
  for (const pid of listPids()) {
    const tracer = readProcessStatus(pid)?.tracer ?? 0;
    const process = tracers.has(tracer) ? readProcess(pid) : undefined;
    if (process) traced.push({ ...process, tracer });
  }
  return traced;
}

/** In the environment of a tracer: what it attaches to was stopped before, and is to stay so. */
export const leaveStopped: Record<string, string> = { RIG_TARGET_WAS_STOPPED: '1' };

const leavesStopped = async (pid: number): Promise<boolean> =>
  (await readVariable(pid, 'RIG_TARGET_WAS_STOPPED')) !== undefined;

/**
 * Kills the processes that `find` gives, until it gives no more, and lets those run that they had attached to. A tracer that
 * ends lets go of all that it holds, and a stop that it has caused ends with it: see ptrace(2); what is left is the SIGSTOP of
 * an attachment that was just beginning, which {@link letRun} takes back.
 */
export async function killTracers(find: () => Promise<number[]>): Promise<void> {
  const pids = new Set<number>();
  // Stopped first, so that none attaches to anything, or starts another one, between the look and the kill.
  for (let found = await find(); found.some((pid) => !pids.has(pid)); found = await find()) {
    for (const pid of found) {
      pids.add(pid);
      sendSignal(pid, 'SIGSTOP');
    }
  }
  const traced = await findTraced(pids);
  const stayStopped = new Set<number>();
  for (const { tracer } of traced) if (await leavesStopped(tracer)) stayStopped.add(tracer);
  for (const pid of pids) sendSignal(pid, 'SIGKILL');
  await Promise.all(traced.filter(({ tracer }) => !stayStopped.has(tracer)).map((process) => letRun(process, false)));
}
