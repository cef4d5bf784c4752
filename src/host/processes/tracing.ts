/** Processes that a tracer, such as gdb or strace, has attached to: ptrace(2). */
import { setTimeout as delay } from 'node:timers/promises';
import { readVariable } from './environment.ts';
import { listPids, type ProcessIdentity, type ProcessStat, readProcess, sendSignal } from './stat.ts';
import { readProcessStatus } from './status.ts';

/** How long a killed tracer may take to let go: if it is writing to a slow disk, it ends when that write does. */
const letGoWithinMs = 3000;
const pollMs = 5;

/**
 * Makes sure that a process runs again after its tracer has ended. Call it only for a process that was not stopped before the
 * tracer came: it sends SIGCONT. A tracer that is killed while it attaches leaves the process stopped, because PTRACE_ATTACH
 * sends a SIGSTOP that nobody takes back. `detached` says that the tracer has reported an orderly detach, so that no SIGSTOP
 * can be pending. Returns the pid of a tracer that still holds the process after 3 s, else 0.
 */
export async function letRun(target: ProcessIdentity, detached: boolean): Promise<number> {
  const deadline = performance.now() + letGoWithinMs;
  let tracer = readProcessStatus(target.pid)?.tracer ?? 0;
  // After an orderly detach, a tracer is somebody else's: there is nothing to wait for.
  while (tracer !== 0 && !detached && performance.now() < deadline) {
    await delay(pollMs);
    tracer = readProcessStatus(target.pid)?.tracer ?? 0;
  }
  const now = readProcess(target.pid);
  if (now === undefined || now.startTime !== target.startTime) return 0;
  // Also when it is not stopped: a pending SIGSTOP would stop it a moment later, and SIGCONT removes that, too: signal(7).
  // But not while somebody else traces it: SIGCONT would remove the SIGSTOP that an attaching tracer waits for.
  if (tracer === 0 && (!detached || now.state === 'T')) sendSignal(target.pid, 'SIGCONT');
  return detached ? 0 : tracer;
}

/** The processes that one of these tracers has attached to. */
async function findTraced(tracers: Set<number>): Promise<(ProcessStat & { tracer: number })[]> {
  const traced: (ProcessStat & { tracer: number })[] = [];
  for (const pid of listPids()) {
    const tracer = readProcessStatus(pid)?.tracer ?? 0;
    const process = tracers.has(tracer) ? readProcess(pid) : undefined;
    if (process) traced.push({ ...process, tracer });
  }
  return traced;
}

/** Marks a tracer, in its environment: the process that it attaches to was stopped before, and must stay stopped. */
export const leaveStopped: Record<string, string> = { RIG_TARGET_WAS_STOPPED: '1' };

const leavesStopped = async (pid: number): Promise<boolean> =>
  (await readVariable(pid, 'RIG_TARGET_WAS_STOPPED')) !== undefined;

/**
 * Kills the processes that `find` returns, until it returns no new ones, and makes sure that the processes which they had
 * attached to run again. The kernel detaches a tracer that ends and ends the stops that it has caused: ptrace(2). What remains
 * is the SIGSTOP of an attachment that was just beginning: see {@link letRun}.
 */
export async function killTracers(find: () => Promise<number[]>): Promise<void> {
  const pids = new Set<number>();
  // Stopped first, so that none of them attaches to a process, or starts another tracer, before it is killed.
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
