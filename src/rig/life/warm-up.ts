/**
 * As soon as it is armed, a rig goes the way from a sighting to a program by itself, with true(1). The code on that way is then
 * loaded and compiled, and the first action starts in half the time.
 */
import { join } from 'node:path';
import type { Clock } from '../../host/clock.ts';
import { makeNewFolder } from '../../host/folders.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import { defineAction } from '../../plugin.ts';
import { Collection } from '../collect/collection.ts';
import type { OutputDisk } from '../collect/output-disk.ts';
import { makeWarmUpFolder, removeWarmUpFolder } from '../collect/work-folder.ts';
import { Condition } from '../condition/condition.ts';
import type { OnMet } from '../condition/met.ts';
import type { RigLog } from '../log/log.ts';
import type { RigSpec } from '../records/spec.ts';
import type { Armed } from './armed.ts';
import type { Ending } from './ending.ts';
import { Triggers } from './triggers.ts';

const silent = (): void => {};
const noLog: RigLog = { debug: silent, info: silent, warn: silent, error: silent, bug: silent, lines: () => [] };

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

/** Never rejects: after a failure, the first action only starts later. */
export async function warmUp(
  spec: RigSpec,
  { clock, disk, ready }: Pick<Armed, 'clock' | 'disk' | 'ready'>,
  ending: Ending,
): Promise<void> {
  try {
    const folder = await makeWarmUpFolder(spec);
    // The actions look at what they would act on.
    for (const { action, planned } of ready) await action.estimate?.(planned.plan);
    // Twice: V8 optimizes much of it only when it runs again.
    for (const round of ['first', 'second']) await goTheWay(spec, join(folder, round), clock, ending, disk);
    await removeWarmUpFolder(spec);
  } catch {
    // See above.
  }
}

async function goTheWay(spec: RigSpec, folder: string, clock: Clock, ending: Ending, disk: OutputDisk): Promise<void> {
  await makeNewFolder(folder);
  await makeNewFolder(join(folder, `rig.${spec.id}`));
  const output = { ...spec.output, folder };
  const once = { ...spec, output, delayMs: 0, restart: { times: 0 }, repeat: { times: 0, delayMs: 0 } };
  const triggers = new Triggers(once, clock, noLog, silent);
  const onMet: OnMet = (read) => triggers.offer({ monitor: 'rig', read }) === undefined;
  const condition = new Condition({ count: 1, forMs: 0, cycles: 1 }, clock, onMet, () => 0);
  condition.saw({ subject: 'rig', text: 'warm-up', atMs: clock.nowMs() });
  const taken = await triggers.next();
  const planned = { name: runTrue.name, plan: {}, timeoutMs: runTrue.timeoutMs };
  const watches = { saveContext: async () => async () => {}, processes: () => [] };
  const armed = { clock, disk, ready: [{ action: runTrue, planned }], gaps: [], status: () => [], watches };
  const stopping = { ended: ending.over, discarded: ending.over, by: undefined };
  if (taken) await new Collection(taken, { spec: once, log: noLog, armed, ending: stopping }).run();
}
