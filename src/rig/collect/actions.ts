/** Runs the actions of a rig that has triggered. */
import { setTimeout as delay } from 'node:timers/promises';
import type { AnyAction, Background } from '../../plugin.ts';
import type { ActionReport } from '../records/reports.ts';
import type { PlannedAction } from '../records/spec.ts';
import { type Job, type Run, runAction } from './run-action.ts';

/** An action of the spec with its plugin; `background` if it records since arming. */
export interface ReadyAction {
  action: AnyAction;
  planned: PlannedAction;
  background?: Background | undefined;
}

/** The jobs of the actions that run at the trigger. */
function jobsOf(ready: ReadyAction[], suffix = ''): Job[] {
  return ready.flatMap(({ action, planned }) => {
    const { run } = action;
    if (!run) return [];
    return [{ action, planned, folder: `${planned.name}${suffix}`, work: (context) => run(planned.plan, context) }];
  });
}

/** Has a background action hand over after its tail. */
async function handOver({ action, planned }: ReadyAction, background: Background, run: Run): Promise<ActionReport> {
  await delay(background.tailMs, undefined, { signal: run.ended }).catch(() => 'ended meanwhile');
  return await runAction(
    { action, planned, folder: planned.name, work: (context) => background.collect(context) },
    // What was recorded is kept even if somebody ends the rig.
    { ...run, ended: new AbortController().signal },
  );
}

/**
 * Runs the actions in the order of the spec, and then repeats those that can be. Background actions hand over meanwhile. Never
 * rejects: an action that fails, hangs or throws gives a report.
 */
export async function runActions(ready: ReadyAction[], run: Run): Promise<ActionReport[]> {
  const handing = ready.flatMap((each) => (each.background ? [handOver(each, each.background, run)] : []));
  const reports: ActionReport[] = [];
  for (const job of jobsOf(ready)) reports.push(await runAction(job, run));
  const repeated = ready.filter(({ action }) => action.isRepeatable);
  const { times, delayMs } = run.spec.repeat;
  for (let round = 2; round <= times + 1 && !run.ended.aborted; round++) {
    await delay(delayMs, undefined, { signal: run.ended }).catch(() => 'ended meanwhile');
    for (const job of jobsOf(repeated, `.${round}`)) reports.push(await runAction(job, run));
  }
  return [...reports, ...(await Promise.all(handing))];
}
