/**
 * What a rig does as soon as it is armed, so that it is quick when the moment has come: it runs true(1) as its actions run their
 * programs. What is loaded and compiled for that is so from then on, and the first action starts in half the time.
 */
import { findProgram } from '../../host/programs/find-program.ts';
import { defineAction } from '../../plugin.ts';
import { runActions } from '../collect/actions.ts';
import { DiskGuard } from '../collect/disk-guard.ts';
import type { Run } from '../collect/run-action.ts';
import { makeWarmUpFolder, removeWarmUpFolder } from '../collect/work-folder.ts';
import type { RigLog } from '../log/log.ts';
import { isoTime } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';

const silent = (): void => {};
const noLog: RigLog = { debug: silent, info: silent, warn: silent, error: silent, lines: () => [] };

const runTrue = defineAction({
  name: 'warm-up',
  summary: 'Run true(1)',
  options: {},
  timeoutMs: 60_000,
  plan: () => ({}),
  run: async (_, rig) => {
    await rig.environment();
    const program = await findProgram('true');
    if (program !== undefined) await rig.run(program, []);
    return {};
  },
});

/** Never rejects: a full disk, or a host without true(1), costs a rig nothing but its quickness. `ended` breaks it off. */
export async function warmUp(spec: RigSpec, run: Pick<Run, 'clock'>, ended: AbortSignal): Promise<void> {
  const root = await makeWarmUpFolder(spec).catch(silent);
  if (root === undefined) return;
  const guard = new DiskGuard(root, spec.output.minFree);
  const trigger = { time: isoTime(new Date()), monitor: 'rig', subject: '', text: '', matches: 0, facts: {} };
  const once = { ...spec, repeat: { times: 0, delayMs: 0 } };
  const planned = { name: runTrue.name, plan: {}, timeoutMs: runTrue.timeoutMs };
  const context = { ...run, spec: once, trigger, root, ended, guard, log: noLog, monitorProcesses: () => [] };
  await runActions([{ action: runTrue, planned }], context);
  await removeWarmUpFolder(spec).catch(silent);
}
