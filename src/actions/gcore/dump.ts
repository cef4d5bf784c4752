/** Dumps one process with the host's gcore, and leaves it as it was. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf } from '../../errors.ts';
import { type CoreCheck, checkCore } from '../../host/elf-core.ts';
import { readVariable } from '../../host/processes/environment.ts';
import { hasMemory, isAlive, type ProcessStat, readProcess } from '../../host/processes/stat.ts';
import { readProcessStatus } from '../../host/processes/status.ts';
import { leaveStopped, letRun } from '../../host/processes/tracing.ts';
import { ownerVariable } from '../../host/programs/own-programs.ts';
import type { RunResult } from '../../host/programs/run-program.ts';
import type { TriggerContext } from '../../plugin.ts';
import { visible } from '../../terminal/text.ts';
import { estimateCore } from './core-size.ts';
import { label, type Outcome, withoutCore } from './outcome.ts';

/**
 * gdb's environment. gcore itself starts gdb with --nx; without a home there is no gdbinit, gdbearlyinit or Python
 * package of the user's either. Asking debuginfod for symbols hangs on closed networks, so it has no server to ask.
 */
const gdbEnvironment = { HOME: '/nonexistent', PYTHONNOUSERSITE: '1', DEBUGINFOD_URLS: '' };

/** A process may give itself any name but NUL; as part of a file name only these characters stay. */
export function safeFileName(comm: string): string {
  const safe = comm.replace(/[^\w.+-]/gu, '_').replace(/^\.+$/, '_');
  return safe === '' ? '_' : safe;
}

/** The line of gdb's stderr that says why there is no core. */
export function findReason(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = /^ptrace:|attach|traced|No space left|Permission denied/i;
  const harmless = /unexpected null characters|Memory read failed for corefile section/;
  return lines.find((line) => telling.test(line)) ?? lines.find((line) => !harmless.test(line));
}

/** The core's state, or undefined when there is none. */
async function checkIfThere(path: string): Promise<CoreCheck | undefined> {
  try {
    return await checkCore(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    return { complete: false, reason: `it cannot be read: ${messageOf(error)}` };
  }
}

/** gdb's last words when it let go in order. gcore's exit code is 0 also when gdb was killed or the disk was full. */
const hasDetached = ({ stdout }: RunResult) => /^\[Inferior \d+ \(process \d+\) detached\]$/m.test(stdout);

/** What is wrong with a core that is all there by its headers, if anything. */
function findFlaw(result: RunResult, isStillAlive: boolean): string | undefined {
  if (result.stderr.includes('Failed to write corefile contents')) return 'gdb could not write all of it';
  if (!isStillAlive && !hasDetached(result)) return 'the process ended while it was dumped';
  return undefined;
}

/** How often to look whether another rig has let go of a process. */
const pollMs = 20;

/**
 * Waits while another rig dumps the process: one line that two rigs wait for should give two dumps. Gives the pid of a tracer
 * that is not rig's, which may stay for ever, or 0 when the process is free (or time is up).
 */
async function waitForOtherRigs(pid: number, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const tracer = readProcessStatus(pid)?.tracer ?? 0;
    if (tracer === 0) return 0;
    // What a rig's gdb was started with is gone before gdb itself is, as is all that could be read of it then.
    if ((await readVariable(tracer, ownerVariable)) === undefined && hasMemory(tracer)) return tracer;
    await delay(pollMs);
  }
  return 0;
}

/** Whether gdb did not get the process because another tracer was quicker. */
const cameTooLate = ({ stderr }: RunResult) => /is already traced by process/.test(stderr);

/** So gdb says it, too, where that tracer had let go again when gdb looked who it was: ptrace(2), EPERM. */
const wasRefused = ({ stderr }: RunResult) => /^ptrace: Operation not permitted/m.test(stderr);
/** How often a process is tried that gdb was refused without a cause. */
const mostTries = 3;

/** Runs gcore; afterwards nothing holds the process, and it runs if it did before. Gives a tracer that still holds it. */
async function runGcore(program: string, prefix: string, target: ProcessStat, context: TriggerContext) {
  const wasStopped = target.state === 'T';
  // SIGKILL: gdb 13, told to end by SIGTERM while it attaches, may pass a SIGINT on to the process, which dies of it.
  const result = await context.run(program, ['-o', prefix, String(target.pid)], {
    env: { ...gdbEnvironment, ...(wasStopped ? leaveStopped : {}) },
    endWith: 'SIGKILL',
  });
  const tracer = wasStopped || cameTooLate(result) ? 0 : await letRun(target, hasDetached(result));
  return { result, tracer };
}

/**
 * Dumps one process into `core.<name>.<pid>` in the action's folder; the daemon's umask keeps it private. Everything that
 * goes wrong is in the outcome.
 */
export async function dumpProcess(
  program: string,
  wanted: string,
  found: ProcessStat,
  note: string | null,
  context: TriggerContext,
  tries = mostTries,
): Promise<Outcome> {
  const tracedBy = await waitForOtherRigs(found.pid, context.signal);
  if (context.signal.aborted) return withoutCore(wanted, found, 'failed', 'there was no time left to dump it');
  // Again: dumping those before it may have taken minutes.
  const target = readProcess(found.pid);
  const exited = () => withoutCore(wanted, found, 'exited', `process ${label(found)} had exited`);
  if (target === undefined || !isAlive(found)) return exited();
  if (tracedBy !== 0) return withoutCore(wanted, target, 'failed', `it is traced by process ${tracedBy}`);

  const refusal = await context.spaceRefusal(estimateCore(target.pid));
  if (refusal !== undefined) return withoutCore(wanted, target, 'failed', refusal);

  const prefix = `core.${safeFileName(target.comm)}`;
  const file = `${prefix}.${target.pid}`;
  const { result, tracer } = await runGcore(program, join(context.dir, prefix), target, context);
  if (cameTooLate(result)) return await dumpProcess(program, wanted, found, note, context, tries);
  if (wasRefused(result) && tries > 1) {
    await delay(pollMs);
    return await dumpProcess(program, wanted, found, note, context, tries - 1);
  }
  if (tracer !== 0) context.log(`process ${label(target)} is still held by process ${tracer}`);

  const core = await checkIfThere(join(context.dir, file));
  const after = readProcess(target.pid);
  if (after !== undefined && after.startTime !== target.startTime) {
    // It ended while gdb was starting: the core is that of whoever has its pid now.
    await rm(join(context.dir, file), { force: true });
    return exited();
  }
  const isStillAlive = isAlive(target);
  if (core === undefined) {
    if (!isStillAlive) return exited();
    const reason = context.signal.aborted ? 'gcore was ended' : (findReason(result.stderr) ?? 'gcore made no core');
    return withoutCore(wanted, target, 'failed', visible(reason));
  }
  const flaw = core.complete ? findFlaw(result, isStillAlive) : core.reason;
  const complete = flaw === undefined;
  const status = complete ? 'dumped' : 'incomplete';
  const told = complete ? note : `its core is incomplete: ${flaw}`;
  return { wanted, pid: target.pid, name: target.comm, status, note: told, file, complete };
}
