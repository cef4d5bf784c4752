/** The host's gcore, and how gdb behind it behaves. */
import { rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { readVariable } from '../../host/processes/environment.ts';
import { foundIn } from '../../host/processes/read-at-once.ts';
import { hasMemory, livingThread, lookAt, type ProcessStat } from '../../host/processes/stat.ts';
import { tracerOf } from '../../host/processes/status.ts';
import { letRun } from '../../host/processes/tracing.ts';
import { ownerVariable } from '../../host/programs/own-programs.ts';
import type { RunResult } from '../../host/programs/run-program.ts';
import type { TriggerContext } from '../../plugin.ts';

/**
 * gdb's environment. gcore starts gdb with --nx; without a home, gdb finds no gdbinit, gdbearlyinit or Python package of the
 * user either. It gets no debuginfod server, because asking one for symbols hangs on closed networks.
 */
export const gdbEnvironment = { HOME: '/nonexistent', PYTHONNOUSERSITE: '1', DEBUGINFOD_URLS: '' };

/** The line of gdb's stderr that says why there is no core. */
export function findReason(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = /^ptrace:|attach|traced|No space left|Permission denied/i;
  const harmless = /unexpected null characters|Memory read failed for corefile section/;
  return lines.find((line) => telling.test(line)) ?? lines.find((line) => !harmless.test(line));
}

/** Whether gdb let go of the process in order. gcore exits with 0 even if gdb was killed or the disk was full. */
export const hasDetached = ({ stdout }: RunResult) => /^\[Inferior \d+ \(process \d+\) detached\]$/m.test(stdout);

/** What gdb, or the shell that started it, says when a write failed because of the disk or of the limit for files. */
export const hitLimit = ({ stderr }: RunResult) => /No space left|File too large|File size limit exceeded/.test(stderr);

/** How often to look whether another rig has let go of a process. */
export const pollMs = 20;

/** Whether a rig has started the process. What its environment says must be so: anybody can write what he likes there. */
async function isOfARig(pid: number): Promise<boolean> {
  const mark = await readVariable(pid, ownerVariable);
  if (mark === undefined) return false;
  for (let at = foundIn(lookAt(pid)); at !== undefined; at = foundIn(lookAt(at.parentPid)))
    if (mark.startsWith(`${at.pid}.${at.startTime}.`)) return true;
  return false;
}

/**
 * Waits while another rig dumps the process: a line that triggers two rigs should give two dumps. Resolves to the pid of a
 * tracer that is not rig's, which may stay for ever, or to 0 if the process is free or time is up.
 */
export async function waitForOtherRigs(pid: number, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const tracer = tracerOf(pid);
    if (tracer === 0) return 0;
    // A gdb that is ending has lost its environment and its memory: it may still be a rig's.
    if (!(await isOfARig(tracer)) && hasMemory(tracer)) return tracer;
    await delay(pollMs);
  }
  return 0;
}

/** Whether another tracer was quicker than gdb. */
export const cameTooLate = ({ stderr }: RunResult) => /is already traced by process/.test(stderr);

/** gdb says so if the quicker tracer had already let go when gdb looked who it was: ptrace(2), EPERM. */
export const wasRefused = ({ stderr }: RunResult) => /^ptrace: Operation not permitted/m.test(stderr);

/** Runs gcore, which writes PREFIX.PID. Afterwards the process runs if it did before. `tracer`: who still holds it, or 0. */
export async function runGcore(program: string, prefix: string, target: ProcessStat, context: TriggerContext) {
  const wasStopped = target.state === 'T';
  const thread = livingThread(target.pid);
  // SIGKILL: gdb 13 that gets a SIGTERM while it attaches may pass a SIGINT on to the process, which kills that.
  const result = await context.run(program, ['-o', prefix, String(thread)], {
    env: gdbEnvironment,
    holdsStopped: wasStopped,
    endWith: 'SIGKILL',
  });
  const tracer = wasStopped || cameTooLate(result) ? 0 : await letRun(target, hasDetached(result));
  if (thread === target.pid) return { result, tracer };
  await rename(`${prefix}.${thread}`, `${prefix}.${target.pid}`).catch(() => {}); // there may be no core
  return { result, tracer, remark: `its main thread has ended: of its threads, only ${thread} is whole in the core` };
}
