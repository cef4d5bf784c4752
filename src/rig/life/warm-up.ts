/** What a rig does as soon as it is armed, so that it is quick when the moment has come. */
import { findProgram } from '../../host/programs/find-program.ts';
import type { AnyMonitor } from '../../plugin.ts';
import { findAction, runActions } from '../collect/actions.ts';
import { DiskGuard } from '../collect/disk-guard.ts';
import { makeWarmUpFolder, removeWarmUpFolder } from '../collect/work-folder.ts';
import type { RigLog } from '../log/log.ts';
import { isoTime } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';

const silent = (): void => {};
const noLog: RigLog = { debug: silent, info: silent, warn: silent, error: silent, lines: () => [] };

/** The actions of a rig with true(1) in the place of their programs. */
async function harmless(planned: RigSpec['actions']): Promise<RigSpec['actions']> {
  const program = await findProgram('true');
  const actions: RigSpec['actions'] = [];
  for (const each of planned) {
    const warmUp = findAction(each.name).warmUp;
    if (warmUp && program !== undefined) actions.push({ ...each, plan: await warmUp(each.plan, program) });
  }
  return actions;
}

/**
 * Goes the way from what is watched to the programs of the actions once: what is compiled and loaded on it is so by then, and
 * the first action starts in a third of the time. Where anything goes wrong, nothing is lost. `ended` breaks it off: on a sick
 * host even true(1) may hang.
 */
export async function warmUp(spec: RigSpec, monitor: AnyMonitor, ended: AbortSignal): Promise<void> {
  const folder = await makeWarmUpFolder(spec).catch(silent);
  if (folder === undefined) return;
  await goTheWay(folder, spec, monitor, ended);
  await removeWarmUpFolder(spec).catch(silent);
}

async function goTheWay(folder: string, spec: RigSpec, monitor: AnyMonitor, ended: AbortSignal): Promise<void> {
  try {
    const facts = await monitor.warmUp?.(folder, ended);
    if (facts && !ended.aborted) {
      const trigger = { time: isoTime(new Date()), monitor: monitor.name, ...facts };
      const once = { ...spec, actions: await harmless(spec.actions), repeat: { times: 0, delayMs: 0 } };
      const guard = new DiskGuard(folder, spec.output.minFree);
      await runActions({ spec: once, trigger, root: folder, ended, guard, log: noLog });
    }
  } catch {
    // A full disk, or a work folder that is being removed: what matters will say so itself.
  }
}
