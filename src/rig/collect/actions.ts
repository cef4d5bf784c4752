/** Runs the actions of a rig that has triggered, one after the other, and notes what came of each. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { actions as allActions } from '../../actions/index.ts';
import { ActionError, messageOf, RigError } from '../../errors.ts';
import { makeNewFolder } from '../../host/folders.ts';
import { runProgram } from '../../host/programs/run-program.ts';
import type { Json } from '../../json.ts';
import type { AnyAction, Trigger } from '../../plugin.ts';
import type { RigLog } from '../log/log.ts';
import { isoTime } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';
import { type DiskGuard, removePartial } from './disk-guard.ts';

/** One program that an action ran. */
interface ProgramReport {
  argv: string[];
  exitCode: number | null;
  signal: string | null;
  durationMs: number;
  /** The last 4 KiB. */
  stderr: string;
}

/** What the manifest says of one action. */
export interface ActionReport {
  name: string;
  /** Its folder in the archive: its name, and a number where it was repeated. */
  folder: string;
  /**
   * - ended: the rig was ended while it ran, or before it could
   * - disk full: it was not started or was ended, because less was left free than --min-free says
   */
  status: 'done' | 'failed' | 'timed out' | 'ended' | 'disk full';
  started: string;
  durationMs: number;
  /** Why it did not do what it is for. */
  reason: string | null;
  details: { [key: string]: Json };
  programs: ProgramReport[];
}

/** The action of a name that is in a spec. */
export function findAction(name: string): AnyAction {
  const action = allActions.find((candidate) => candidate.name === name);
  if (!action) throw new Error(`no action ${name} in this rig`);
  return action;
}

/** How many bytes the actions would write now, all together, as far as they can tell. */
export async function bytesNeeded(planned: RigSpec['actions']): Promise<number> {
  const needed = await Promise.all(planned.map(({ name, plan }) => findAction(name).needs?.(plan) ?? 0));
  return needed.reduce((sum, bytes) => sum + bytes, 0);
}

/** How long an action may take to end once it was told to: a program in uninterruptible sleep (D) cannot be killed at all. */
const graceMs = 15_000;

/** As long as a timer can be: Node's setTimeout. */
const longestMs = 2 ** 31 - 1;

/** How long an action may take in all. One whose parts have the limit each also has the time to end them. */
function wholeMs({ name, plan, timeoutMs }: PlannedAction): number {
  const parts = findAction(name).parts?.(plan);
  return parts === undefined ? timeoutMs : Math.min(parts * (timeoutMs + graceMs), longestMs);
}

/** Never resolves; rejects when an action that was told to end has not done so in time. */
async function graceAfter(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  await delay(graceMs, undefined, { ref: false });
  throw new RigError('cannot be ended');
}

/** What all actions of a trigger have in common. */
export interface Run {
  spec: RigSpec;
  trigger: Trigger;
  /** Where what they collect goes, each in a folder of its own. */
  root: string;
  /** Aborts the action that runs and skips the rest. */
  ended: AbortSignal;
  guard: DiskGuard;
  log: RigLog;
}

type PlannedAction = RigSpec['actions'][number];

async function runAction(planned: PlannedAction, folder: string, run: Run): Promise<ActionReport> {
  const { name, plan, timeoutMs } = planned;
  const { spec, trigger, root, ended, guard, log } = run;
  // What comes next takes as long as the disk does to answer.
  const refusing = guard.refusal();
  const limitMs = wholeMs(planned);
  const started = new Date();
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(limitMs);
  const disk = guard.watch();
  const signal = AbortSignal.any([ended, timeout, disk.signal]);
  const dir = join(root, folder);
  const programs: ProgramReport[] = [];
  const report = (status: ActionReport['status'], reason: string | null, details: ActionReport['details']) => ({
    name,
    folder,
    status,
    started: isoTime(started),
    durationMs: Math.round(performance.now() - startedAt),
    reason,
    details,
    programs,
  });
  if (ended.aborted) return report('ended', 'the rig was ended before it could run', {});
  try {
    const refusal = await refusing;
    if (refusal !== undefined) return report('disk full', `not started: ${refusal}`, {});
    await makeNewFolder(dir);
    const action = findAction(name);
    const isLowPriority = spec.nice && !action.keepsPriority;
    const running = action.run(plan, {
      id: spec.id,
      dir,
      trigger,
      signal,
      timeoutMs,
      spaceRefusal: (bytes) => guard.refusal(bytes),
      run: async (file, args, options) => {
        const result = await runProgram(file, args, { cwd: dir, signal, isLowPriority, ...options });
        const { exitCode, signalName, durationMs, stderr } = result;
        programs.push({ argv: [file, ...args], exitCode, signal: signalName, durationMs, stderr });
        return result;
      },
      log: (text) => log.info(`${folder}: ${text}`),
    });
    const details = await Promise.race([running, graceAfter(signal)]);
    if (!signal.aborted) return report('done', null, details);
    throw new ActionError('ended before it was complete', details);
  } catch (error) {
    const details = error instanceof ActionError ? error.details : {};
    if (ended.aborted) return report('ended', 'the rig was ended while it ran', details);
    if (disk.signal.aborted) {
      await removePartial(dir);
      return report('disk full', `ended, what it was writing is removed: ${messageOf(disk.signal.reason)}`, details);
    }
    if (timeout.aborted) return report('timed out', `not done within ${limitMs / 1000} s`, details);
    return report('failed', messageOf(error), details);
  } finally {
    disk.stop();
  }
}

async function runLogged(planned: PlannedAction, folder: string, run: Run): Promise<ActionReport> {
  const { ended, log } = run;
  const running = runAction(planned, folder, run);
  if (!ended.aborted) log.info(`${folder}: starts`);
  const report = await running;
  const { status, durationMs, reason } = report;
  const say = status === 'done' ? log.info : log.error;
  say(`${folder}: ${status} after ${durationMs} ms${reason === null ? '' : `: ${reason}`}`);
  return report;
}

/**
 * Runs every action of the spec in its order, and then again those that can be repeated, as often as the spec says. Never
 * rejects: an action that fails, hangs or throws is a report.
 */
export async function runActions(run: Run): Promise<ActionReport[]> {
  const { spec, ended } = run;
  const reports: ActionReport[] = [];
  for (const planned of spec.actions) reports.push(await runLogged(planned, planned.name, run));
  const repeated = spec.actions.filter(({ name }) => findAction(name).repeatable);
  for (let round = 2; round <= spec.repeat.times + 1 && !ended.aborted; round++) {
    await delay(spec.repeat.delayMs, undefined, { signal: ended }).catch(() => 'ended meanwhile');
    for (const planned of repeated) reports.push(await runLogged(planned, `${planned.name}.${round}`, run));
  }
  return reports;
}
