/** Dumps one process with the host's gcore, and says what became of it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, RigError } from '../../errors.ts';
import { type CoreCheck, checkCore } from '../../host/elf-core.ts';
import { foundIn } from '../../host/processes/read-at-once.ts';
import { lifeOf, lookAt, type ProcessStat } from '../../host/processes/stat.ts';
import { readWatchdog } from '../../host/processes/watchdog.ts';
import type { RunResult } from '../../host/programs/run-program.ts';
import type { TriggerContext } from '../../plugin.ts';
import { processLabel, visible } from '../../terminal/text.ts';
import { estimateCore } from './core-size.ts';
import {
  cameTooLate,
  findReason,
  hasDetached,
  hitLimit,
  pollMs,
  runGcore,
  waitForOtherRigs,
  wasRefused,
} from './gdb.ts';
import { type Outcome, withoutCore } from './outcome.ts';
import { findEnd } from './watchdog.ts';

/** A process may have any characters but NUL in its name; only some of them are kept in a file name. */
export function safeFileName(comm: string): string {
  const safe = comm.replace(/[^\w.+-]/gu, '_').replace(/^\.+$/, '_');
  return safe === '' ? '_' : safe;
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

/** What is wrong with a core whatever its headers say; undefined if nothing is. */
function findFlaw(result: RunResult, hasExited: boolean): string | undefined {
  if (hitLimit(result)) return 'the disk was full';
  if (result.stderr.includes('Failed to write corefile contents')) return 'gdb could not write all of it';
  if (hasExited && !hasDetached(result)) return 'the process ended while it was dumped';
  return undefined;
}

/** Why the disk had no room for the rest of a core of about `bytes`; undefined if that was not the cause, or nothing must stay free. */
async function findLimit(result: RunResult, bytes: number, { signal, spaceRefusal }: TriggerContext) {
  // Only the guard of the disk gives a reason in words.
  if (signal.aborted) return signal.reason instanceof RigError ? signal.reason.message : undefined;
  return hitLimit(result) ? await spaceRefusal(bytes) : undefined;
}

/** How often to try a process that gdb was refused without a cause. */
const mostTries = 3;

/** A process to dump. */
export interface Wanted {
  /** As the user named it. */
  wanted: string;
  process: ProcessStat;
  /** What is worth knowing of how it was chosen. */
  note: string | null;
}

/**
 * Dumps one process into `core.<name>.<pid>` in the action's folder; the daemon's umask keeps it private. Never rejects for a
 * failed dump: the outcome says why.
 */
export async function dumpProcess(
  program: string,
  found: Wanted,
  context: TriggerContext,
  tries = mostTries,
): Promise<Outcome> {
  const { wanted, process } = found;
  const tracedBy = await waitForOtherRigs(process.pid, context.signal);
  if (context.signal.aborted) return withoutCore(wanted, process, 'failed', 'there was no time left to dump it');
  // Read it again: the dumps before this one may have taken minutes.
  if (lifeOf(process) === 'dead') return exited(found);
  const target = foundIn(lookAt(process.pid)) ?? process;
  if (tracedBy !== 0) return withoutCore(wanted, target, 'failed', `it is traced by process ${tracedBy}`);

  const [bytes, watchdog] = await Promise.all([estimateCore(target.pid), readWatchdog(target.pid)]);
  const refusal = await context.spaceRefusal(bytes);
  if (refusal !== undefined) return withoutCore(wanted, target, 'failed', refusal);

  const prefix = `core.${safeFileName(target.comm)}`;
  const run = await runGcore(program, join(context.dir, prefix), target, context);
  if (cameTooLate(run.result)) return await dumpProcess(program, found, context, tries);
  if (wasRefused(run.result) && tries > 1) {
    await delay(pollMs);
    return await dumpProcess(program, found, context, tries - 1);
  }
  if (run.tracer !== 0) context.log(`process ${processLabel(target)} is still held by process ${run.tracer}`);
  const outcome = await judgeCore({ ...found, process: target }, run.result, `${prefix}.${target.pid}`, bytes, context);
  if (outcome.status !== 'dumped') return outcome;
  const end = await findEnd(target, watchdog, run.result.durationMs);
  if (end !== undefined) return { ...outcome, status: 'ended', note: end };
  return { ...outcome, note: [found.note, run.remark].filter(Boolean).join('; ') || null };
}

const exited = ({ wanted, process }: Wanted): Outcome =>
  withoutCore(wanted, process, 'exited', `process ${processLabel(process)} had exited`);

/** What has become of the core `file` of about `bytes` that gcore was to write. One that cannot be used is removed. */
async function judgeCore(
  found: Wanted,
  result: RunResult,
  file: string,
  bytes: number,
  context: TriggerContext,
): Promise<Outcome> {
  const { wanted, process } = found;
  const path = join(context.dir, file);
  const core = await checkIfThere(path);
  const after = foundIn(lookAt(process.pid));
  if (after !== undefined && after.startTime !== process.startTime) {
    // It ended while gdb started: the core is of another process that has its pid now.
    await rm(path, { force: true });
    return exited(found);
  }
  const hasExited = lifeOf(process) === 'dead';
  const flaw = findFlaw(result, hasExited) ?? (core?.complete === false ? core.reason : undefined);
  const limit = core === undefined || flaw !== undefined ? await findLimit(result, bytes, context) : undefined;
  if (limit !== undefined) {
    await rm(path, { force: true });
    return withoutCore(wanted, process, 'failed', `what there was of its core is removed: ${limit}`);
  }
  if (core === undefined) {
    if (hasExited) return exited(found);
    const reason = context.signal.aborted ? 'gcore was ended' : (findReason(result.stderr) ?? 'gcore made no core');
    return withoutCore(wanted, process, 'failed', visible(reason));
  }
  const made = { wanted, pid: process.pid, name: process.comm, file };
  if (flaw === undefined) return { ...made, status: 'dumped', note: null, complete: true };
  const why = context.signal.aborted ? 'gcore was ended before it was done' : flaw;
  return { ...made, status: 'incomplete', note: `its core is incomplete: ${why}`, complete: false };
}
