/** Runs the actions of a rig that has triggered, one after the other, and notes what came of each. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { actions as allActions } from '../actions/index.ts';
import { ActionError, messageOf, RigError } from '../errors.ts';
import { makeNewFolder } from '../host/folders.ts';
import { runProgram } from '../host/programs.ts';
import type { Json } from '../json.ts';
import type { AnyAction, Trigger } from '../plugin.ts';
import type { RigLog } from './log.ts';
import { isoTime, workFolder } from './paths.ts';
import type { RigSpec } from './spec.ts';

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
  /** `ended`: the rig was ended while it ran, or before it could. */
  status: 'done' | 'failed' | 'timed out' | 'ended';
  started: string;
  durationMs: number;
  /** Why it did not do what it is for. */
  reason: string | null;
  details: { [key: string]: Json };
  programs: ProgramReport[];
}

function findAction(name: string): AnyAction {
  const action = allActions.find((candidate) => candidate.name === name);
  if (!action) throw new Error(`no action ${name} in this rig`);
  return action;
}

/** How long an action may take to end once it was told to: a program in uninterruptible sleep (D) cannot be killed at all. */
const graceMs = 15_000;

/** Never resolves; rejects when an action that was told to end has not done so in time. */
async function graceAfter(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  await delay(graceMs, undefined, { ref: false });
  throw new RigError('cannot be ended');
}

async function runAction(
  spec: RigSpec,
  { name, plan, timeoutMs }: RigSpec['actions'][number],
  trigger: Trigger,
  ended: AbortSignal,
  log: RigLog,
): Promise<ActionReport> {
  const started = new Date();
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([ended, timeout]);
  const dir = join(workFolder(spec.id), name);
  const programs: ProgramReport[] = [];
  const report = (status: ActionReport['status'], reason: string | null, details: ActionReport['details']) => ({
    name,
    status,
    started: isoTime(started),
    durationMs: Math.round(performance.now() - startedAt),
    reason,
    details,
    programs,
  });
  if (ended.aborted) return report('ended', 'the rig was ended before it could run', {});
  try {
    await makeNewFolder(dir);
    const running = findAction(name).run(plan, {
      id: spec.id,
      dir,
      trigger,
      signal,
      run: async (file, args, options) => {
        const result = await runProgram(file, args, { cwd: dir, signal, ...options });
        const { exitCode, signalName, durationMs, stderr } = result;
        programs.push({ argv: [file, ...args], exitCode, signal: signalName, durationMs, stderr });
        return result;
      },
      log: (text) => log.info(`${name}: ${text}`),
    });
    const details = await Promise.race([running, graceAfter(signal)]);
    if (!signal.aborted) return report('done', null, details);
    throw new ActionError('ended before it was complete', details);
  } catch (error) {
    const details = error instanceof ActionError ? error.details : {};
    if (ended.aborted) return report('ended', 'the rig was ended while it ran', details);
    if (timeout.aborted) return report('timed out', `not done within ${timeoutMs / 1000} s`, details);
    return report('failed', messageOf(error), details);
  }
}

/**
 * Runs every action of the spec in its order. Never rejects: an action that fails, hangs or throws is a report. `ended`
 * aborts the one that runs and skips the rest.
 */
export async function runActions(
  spec: RigSpec,
  trigger: Trigger,
  ended: AbortSignal,
  log: RigLog,
): Promise<ActionReport[]> {
  const reports: ActionReport[] = [];
  for (const planned of spec.actions) {
    if (!ended.aborted) log.info(`${planned.name}: starts`);
    const report = await runAction(spec, planned, trigger, ended, log);
    reports.push(report);
    const { name, status, durationMs, reason } = report;
    const say = status === 'done' ? log.info : log.error;
    say(`${name}: ${status} after ${durationMs} ms${reason === null ? '' : `: ${reason}`}`);
  }
  return reports;
}
