/** Dumps one process with the host's gcore, and leaves it as it was. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, RigError } from '../../errors.ts';
import { type CoreCheck, checkCore } from '../../host/elf-core.ts';
import { readVariable } from '../../host/processes/environment.ts';
import { hasMemory, isAlive, livingThread, type ProcessStat, readProcess } from '../../host/processes/stat.ts';
import { readProcessStatus } from '../../host/processes/status.ts';
import { leaveStopped, letRun } from '../../host/processes/tracing.ts';
import { ownerVariable } from '../../host/programs/own-programs.ts';
import type { RunResult } from '../../host/programs/run-program.ts';
import type { TriggerContext } from '../../plugin.ts';
import { processLabel, visible } from '../../terminal/text.ts';
import { estimateCore } from './core-size.ts';
import { type Outcome, withoutCore } from './outcome.ts';
import { findEnd, findWatchdog } from './watchdog.ts';

/**
 * gdb's environment. gcore starts gdb with --nx; without a home, gdb finds no gdbinit, gdbearlyinit or Python package of the
 * user either. It gets no debuginfod server, because asking one for symbols hangs on closed networks.
 */
export const gdbEnvironment = { HOME: '/nonexistent', PYTHONNOUSERSITE: '1', DEBUGINFOD_URLS: '' };

/** A process may have any characters but NUL in its name; only some of them are kept in a file name. */
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

/** The state of a core; undefined if there is none. */
async function checkIfThere(path: string): Promise<CoreCheck | undefined> {
  try {
    return await checkCore(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    return { complete: false, reason: `it cannot be read: ${messageOf(error)}` };
  }
}

/** Whether gdb let go of the process in order. gcore exits with 0 even if gdb was killed or the disk was full. */
export const hasDetached = ({ stdout }: RunResult) => /^\[Inferior \d+ \(process \d+\) detached\]$/m.test(stdout);

/** What gdb, or the shell that started it, says when a write failed because of the disk or of the limit for files. */
const hitLimit = ({ stderr }: RunResult) => /No space left|File too large|File size limit exceeded/.test(stderr);

/** What is wrong with a core whatever its headers say; undefined if nothing is. */
function findFlaw(result: RunResult, isStillAlive: boolean): string | undefined {
  if (hitLimit(result)) return 'the disk was full';
  if (result.stderr.includes('Failed to write corefile contents')) return 'gdb could not write all of it';
  if (!isStillAlive && !hasDetached(result)) return 'the process ended while it was dumped';
  return undefined;
}

/** Why the disk had no room for the rest of a core of about `bytes`; undefined if that was not the cause, or nothing must stay free. */
async function findLimit(result: RunResult, bytes: number, { signal, spaceRefusal }: TriggerContext) {
  // Only the guard of the disk gives a reason in words.
  if (signal.aborted) return signal.reason instanceof RigError ? signal.reason.message : undefined;
  return hitLimit(result) ? await spaceRefusal(bytes) : undefined;
}

/** How often to look whether another rig has let go of a process. */
const pollMs = 20;

/**
 * Waits while another rig dumps the process: a line that triggers two rigs should give two dumps. Resolves to the pid of a
 * tracer that is not rig's, which may stay for ever, or to 0 if the process is free or time is up.
 */
async function waitForOtherRigs(pid: number, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const tracer = readProcessStatus(pid)?.tracer ?? 0;
    if (tracer === 0) return 0;
    // A gdb that is ending has lost its environment and its memory: it may still be a rig's.
    if ((await readVariable(tracer, ownerVariable)) === undefined && hasMemory(tracer)) return tracer;
    await delay(pollMs);
  }
  return 0;
}

/** Whether another tracer was quicker than gdb. */
const cameTooLate = ({ stderr }: RunResult) => /is already traced by process/.test(stderr);

/** gdb says so if the quicker tracer had already let go when gdb looked who it was: ptrace(2), EPERM. */
const wasRefused = ({ stderr }: RunResult) => /^ptrace: Operation not permitted/m.test(stderr);
/** How often to try a process that gdb was refused without a cause. */
const mostTries = 3;

/** Runs gcore, which writes PREFIX.PID. Afterwards the process runs if it did before. `tracer`: who still holds it, or 0. */
async function runGcore(program: string, prefix: string, target: ProcessStat, context: TriggerContext) {
  const wasStopped = target.state === 'T';
  const thread = livingThread(target.pid);
  // SIGKILL: gdb 13 that gets a SIGTERM while it attaches may pass a SIGINT on to the process, which kills that.
  const result = await context.run(program, ['-o', prefix, String(thread)], {
    env: { ...gdbEnvironment, ...(wasStopped ? leaveStopped : {}) },
    endWith: 'SIGKILL',
  });
  const tracer = wasStopped || cameTooLate(result) ? 0 : await letRun(target, hasDetached(result));
  if (thread === target.pid) return { result, tracer };
  await rename(`${prefix}.${thread}`, `${prefix}.${target.pid}`).catch(() => {}); // there may be no core
  return { result, tracer, remark: `its main thread has ended: of its threads, only ${thread} is whole in the core` };
}

/**
 * Dumps one process into `core.<name>.<pid>` in the action's folder; the daemon's umask keeps it private. Never rejects for a
 * failed dump: the outcome says why.
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
  // Read it again: the dumps before this one may have taken minutes.
  const target = readProcess(found.pid);
  const exited = () => withoutCore(wanted, found, 'exited', `process ${processLabel(found)} had exited`);
  if (target === undefined || !isAlive(found)) return exited();
  if (tracedBy !== 0) return withoutCore(wanted, target, 'failed', `it is traced by process ${tracedBy}`);

  const [bytes, watchdog] = await Promise.all([estimateCore(target.pid), findWatchdog(target.pid)]);
  const refusal = await context.spaceRefusal(bytes);
  if (refusal !== undefined) return withoutCore(wanted, target, 'failed', refusal);

  const prefix = `core.${safeFileName(target.comm)}`;
  const file = `${prefix}.${target.pid}`;
  const path = join(context.dir, file);
  const { result, tracer, remark } = await runGcore(program, join(context.dir, prefix), target, context);
  if (cameTooLate(result)) return await dumpProcess(program, wanted, found, note, context, tries);
  if (wasRefused(result) && tries > 1) {
    await delay(pollMs);
    return await dumpProcess(program, wanted, found, note, context, tries - 1);
  }
  if (tracer !== 0) context.log(`process ${processLabel(target)} is still held by process ${tracer}`);

  const core = await checkIfThere(path);
  const after = readProcess(target.pid);
  if (after !== undefined && after.startTime !== target.startTime) {
    // It ended while gdb started: the core is of another process that has its pid now.
    await rm(path, { force: true });
    return exited();
  }
  const isStillAlive = isAlive(target);
  const flaw = findFlaw(result, isStillAlive) ?? (core?.complete === false ? core.reason : undefined);
  const limit = core === undefined || flaw !== undefined ? await findLimit(result, bytes, context) : undefined;
  if (limit !== undefined) {
    await rm(path, { force: true });
    return withoutCore(wanted, target, 'failed', `what there was of its core is removed: ${limit}`);
  }
  if (core === undefined) {
    if (!isStillAlive) return exited();
    const reason = context.signal.aborted ? 'gcore was ended' : (findReason(result.stderr) ?? 'gcore made no core');
    return withoutCore(wanted, target, 'failed', visible(reason));
  }
  const made = { wanted, pid: target.pid, name: target.comm, file };
  if (flaw !== undefined) {
    const why = context.signal.aborted ? 'gcore was ended before it was done' : flaw;
    return { ...made, status: 'incomplete', note: `its core is incomplete: ${why}`, complete: false };
  }
  const end = await findEnd(target, watchdog, result.durationMs);
  const told = end ?? ([note, remark].filter(Boolean).join('; ') || null);
  return { ...made, status: end === undefined ? 'dumped' : 'ended', note: told, complete: true };
}
