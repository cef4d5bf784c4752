/** Runs one action for a trigger, within its time and the room on the disk, and reports on it. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ActionError, messageOf, RigError } from '../../errors.ts';
import type { Clock } from '../../host/clock.ts';
import { makeNewFolder } from '../../host/folders.ts';
import type { ProcessIdentity } from '../../host/processes/stat.ts';
import { runProgram } from '../../host/programs/run-program.ts';
import type { AnyAction, Facts, Trigger, TriggerContext } from '../../plugin.ts';
import type { RigLog } from '../log/log.ts';
import { isoTime } from '../records/paths.ts';
import type { ActionReport, ProgramReport } from '../records/reports.ts';
import type { PlannedAction, RigSpec } from '../records/spec.ts';
import { triggerEnvironment } from '../records/trigger-environment.ts';
import { type DiskGuard, removePartial } from './disk-guard.ts';

/** How long an action may take to end when told to: a program in uninterruptible sleep (D) cannot be killed. */
const graceMs = 15_000;

/** The longest time of a timer: Node's setTimeout. */
const longestMs = 2 ** 31 - 1;

/** What the actions of a trigger have in common. */
export interface Run {
  spec: RigSpec;
  trigger: Trigger;
  /** Where each of them gets a folder of its own. */
  root: string;
  clock: Clock;
  /** Aborts the action that runs and skips the rest. */
  ended: AbortSignal;
  guard: DiskGuard;
  log: RigLog;
  monitorProcesses(): ProcessIdentity[];
}

/** The work of one action. */
export interface Job {
  action: AnyAction;
  planned: PlannedAction;
  /** Its folder in the archive. */
  folder: string;
  work(context: TriggerContext): Promise<Facts>;
}

/** How long the action may take. With several parts, each has its limit and the time to be ended. */
function wholeMs({ action, planned }: Job): number {
  const parts = action.parts?.(planned.plan);
  return parts === undefined ? planned.timeoutMs : Math.min(parts * (planned.timeoutMs + graceMs), longestMs);
}

/** An action that has been told to end, and has not. */
class Stuck extends RigError {}

/** Never resolves; rejects some time after `signal`. */
async function graceAfter(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  await delay(graceMs, undefined, { ref: false });
  throw new Stuck('cannot be ended');
}

function contextOf(
  { action, planned, folder }: Job,
  run: Run,
  signal: AbortSignal,
  programs: ProgramReport[],
): TriggerContext {
  const { spec, trigger, root, clock, guard, log, monitorProcesses } = run;
  const dir = join(root, folder);
  const isLowPriority = spec.nice && !action.keepsPriority;
  return {
    id: spec.id,
    dir,
    clock,
    signal,
    trigger,
    timeoutMs: planned.timeoutMs,
    environment: () => triggerEnvironment(spec.id, trigger),
    monitorProcesses,
    spaceRefusal: (bytes) => guard.refusal(bytes),
    run: async (file, args, options) => {
      // The guard looks four times a second: the limit holds between two looks.
      const limits = { isLowPriority, mostFileBytes: await guard.room() };
      const result = await runProgram(file, args, { cwd: dir, signal, ...limits, ...options });
      const { exitCode, signalName, durationMs, stderr } = result;
      programs.push({ argv: [file, ...args], exitCode, signal: signalName, durationMs, stderr });
      return result;
    },
    log: (text) => log.info(`${folder}: ${text}`),
  };
}

/** The facts without the names of files that were removed. */
const withoutNames = (facts: Facts, removed: ReadonlySet<string>): Facts =>
  JSON.parse(JSON.stringify(facts, (_, value) => (removed.has(value) ? null : value)));

type Outcome = Pick<ActionReport, 'status' | 'reason' | 'details'>;

async function work(
  job: Job,
  run: Run,
  refusing: Promise<string | undefined>,
  programs: ProgramReport[],
): Promise<Outcome> {
  const { ended, guard, root } = run;
  const limitMs = wholeMs(job);
  const timeout = AbortSignal.timeout(limitMs);
  const disk = guard.watch();
  const signal = AbortSignal.any([ended, timeout, disk.signal]);
  const dir = join(root, job.folder);
  try {
    const refusal = await refusing;
    if (refusal !== undefined)
      return { status: guard.isHanging ? 'failed' : 'disk full', reason: `not started: ${refusal}`, details: {} };
    const working = makeNewFolder(dir).then(() => job.work(contextOf(job, run, signal, programs)));
    const details = await Promise.race([working, graceAfter(signal)]);
    if (!signal.aborted) return { status: 'done', reason: null, details };
    throw new ActionError('ended before it was complete', details);
  } catch (error) {
    const details = error instanceof ActionError ? error.details : {};
    if (ended.aborted) return { status: 'ended', reason: 'the rig was ended while it ran', details };
    const isEnded = disk.signal.aborted;
    if (!isEnded && timeout.aborted) {
      const stuck = error instanceof Stuck ? `, and ${error.message}` : '';
      return { status: 'timed out', reason: `not done within ${limitMs / 1000} s${stuck}`, details };
    }
    // A program that has come to the limit of its files may fail before the guard looks.
    const full = isEnded ? messageOf(disk.signal.reason) : await guard.refusal();
    if (guard.isHanging) return { status: 'failed', reason: full ?? messageOf(error), details };
    if (full !== undefined) {
      const how = isEnded ? 'ended' : `failed (${messageOf(error)})`;
      const left = withoutNames(details, await removePartial(dir));
      return { status: 'disk full', reason: `${how}, what it was writing is removed: ${full}`, details: left };
    }
    return { status: 'failed', reason: messageOf(error), details };
  } finally {
    disk.stop();
  }
}

/** Runs an action. Never rejects: one that fails, hangs or throws gives a report. */
export async function runAction(job: Job, run: Run): Promise<ActionReport> {
  const { ended, guard, log } = run;
  const { folder } = job;
  const started = new Date();
  const startedMs = performance.now();
  const programs: ProgramReport[] = [];
  // It is logged while the disk is being asked, so that it costs no time.
  const outcome = ended.aborted
    ? Promise.resolve<Outcome>({ status: 'ended', reason: 'the rig was ended before it could run', details: {} })
    : work(job, run, guard.refusal(), programs);
  if (!ended.aborted) log.info(`${folder}: starts`);
  const { status, reason, details } = await outcome;
  const durationMs = Math.round(performance.now() - startedMs);
  const say = status === 'done' ? log.info : log.error;
  say(`${folder}: ${status} after ${durationMs} ms${reason === null ? '' : `: ${reason}`}`);
  return { name: job.action.name, folder, status, started: isoTime(started), durationMs, reason, details, programs };
}
