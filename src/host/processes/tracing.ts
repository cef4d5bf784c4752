/** Processes that a tracer, such as gdb or strace, has attached to: ptrace(2). */
import { setTimeout as delay } from 'node:timers/promises';
import { lookAt, lookAtAll, type ProcessIdentity, type ProcessStat, sendSignal } from './stat.ts';
import { tracerOf } from './status.ts';

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
  let tracer = tracerOf(target.pid);
  // After an orderly detach, a tracer is somebody else's: there is nothing to wait for.
  while (tracer !== 0 && !detached && performance.now() < deadline) {
    await delay(pollMs);
    tracer = tracerOf(target.pid);
  }
  const now = lookAt(target.pid);
  if (now.life === 'dead' || (now.life === 'alive' && now.found.startTime !== target.startTime)) return 0;
  // Also when it is not stopped: a pending SIGSTOP would stop it a moment later, and SIGCONT removes that, too: signal(7).
  // But not while somebody else traces it: SIGCONT would remove the SIGSTOP that an attaching tracer waits for.
  const isStopped = now.life === 'unknown' || now.found.state === 'T';
  if (tracer === 0 && (!detached || isStopped)) sendSignal(target.pid, 'SIGCONT');
  return detached ? 0 : tracer;
}

/** The processes that one of these tracers has attached to. */
function findTraced(tracers: ReadonlySet<number>): (ProcessStat & { tracer: number })[] {
  return lookAtAll()
    .map((process) => ({ ...process, tracer: tracerOf(process.pid) }))
    .filter(({ tracer }) => tracers.has(tracer));
}

/**
 * Kills the processes that `find` returns, until it returns no new ones, and makes sure that the processes which they had
 * attached to run again. The kernel detaches a tracer that ends and ends the stops that it has caused: ptrace(2). What remains
 * is the SIGSTOP of an attachment that was just beginning: see {@link letRun}. What a tracer in `leavingStopped` holds was stopped
 * before, and stays so.
 */
export async function killTracers(
  find: () => Promise<number[]> | number[],
  leavingStopped: ReadonlySet<number> = new Set(),
): Promise<void> {
  const pids = new Set<number>();
  // Stopped first, so that none of them attaches to a process, or starts another tracer, before it is killed.
  for (let found = await find(); found.some((pid) => !pids.has(pid)); found = await find()) {
    for (const pid of found) {
      pids.add(pid);
      sendSignal(pid, 'SIGSTOP');
    }
  }
  const traced = findTraced(pids);
  for (const pid of pids) sendSignal(pid, 'SIGKILL');
  await Promise.all(
    traced.filter(({ tracer }) => !leavingStopped.has(tracer)).map((process) => letRun(process, false)),
  );
}
