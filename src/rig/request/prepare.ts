/** From a request to the spec of a rig. All checks that are possible are made here, while the user watches. */
import { RigError, UsageError } from '../../errors.ts';
import { readCaller } from '../../host/caller.ts';
import { waiting } from '../../host/waiting.ts';
import { type Given, toValues } from '../../options/values.ts';
import type { AnyAction, AnyMonitor, Asking, Gives, Plugins } from '../../plugin.ts';
import { DiskGuard } from '../collect/disk-guard.ts';
import { OutputDisk } from '../collect/output-disk.ts';
import { describeCondition, toRules } from '../condition/options.ts';
import { isoTime, outputRoot } from '../records/paths.ts';
import { checkName, type PlannedAction, type PlannedMonitor, type RigSpec, randomId } from '../records/spec.ts';
import { planLife, type RigValues, rigOptions } from './options.ts';
import { monitorTable, type RigRequest } from './request.ts';
import { checkRequirements } from './requirements.ts';

export interface Prepared {
  spec: RigSpec;
  values: RigValues;
  /** Remarks on what the conditions would have matched so far. Never throws. */
  lookBack(): Promise<void>;
}

/** Makes the `Asking` of a plugin. */
type Ask = (option: string, plugin: AnyMonitor | AnyAction, gives?: Gives[]) => Promise<Asking>;

const find = <T extends { name: string }>(plugins: readonly T[], name: string): T => {
  const plugin = plugins.find((candidate) => candidate.name === name);
  if (!plugin) throw new Error(`no ${name} in this rig`);
  return plugin;
};

/** Throws a UsageError for a wrong request, and a RigError for what this host lacks. */
export async function prepareRig(
  request: RigRequest,
  plugins: Plugins,
  remark: (text: string) => void,
): Promise<Prepared> {
  const others: Given = Object.assign(
    {},
    request.given,
    ...[...request.monitors, ...request.actions].map(({ given }) => given),
  );
  const values = toValues(rigOptions, request.given, others);
  const id = values.name === undefined ? randomId() : checkName(values.name);
  const life = await waiting.during(`--output-dir ${values['output-dir'] ?? outputRoot}`, () => planLife(values));
  const ask: Ask = async (option, plugin, gives = []) => {
    const programs = await waiting.during(`the programs of ${option}`, () =>
      checkRequirements(option, plugin.requires),
    );
    return { remark, program: (name) => programs.get(name), isAttached: values.foreground, gives: new Set(gives) };
  };
  const looks: (() => Promise<void> | undefined)[] = [];
  const monitors: PlannedMonitor[] = [];
  for (const { name, given } of request.monitors) {
    const monitor = find(plugins.monitors, name);
    const asking = await ask(name, monitor);
    const planned = await planMonitor(monitor, given, others, asking);
    monitors.push(planned);
    looks.push(() => monitor.lookBack?.(planned.plan, asking));
  }
  const gives = monitors.flatMap((monitor) => monitor.gives);
  const actions: PlannedAction[] = [];
  for (const { name, given } of request.actions) {
    const action = find(plugins.actions, name);
    const asking = await ask(`--${name}`, action, gives);
    const plan = await waiting.during(`--${name}`, () => action.plan(toValues(action.options, given, others), asking));
    actions.push({ name, plan, timeoutMs: values['action-timeout'] ?? action.timeoutMs });
  }
  checkRepeat(values, actions, plugins);
  await waiting.during('the size of the result', () => checkRoom(life.output, actions, plugins, remark));
  const created = isoTime(new Date());
  const { user: owner, tty } = readCaller();
  return {
    spec: { id, created, owner, tty, commandLine: request.commandLine, monitors, actions, ...life },
    values,
    lookBack: async () => void (await Promise.all(looks.map((look) => look()))),
  };
}

async function planMonitor(monitor: AnyMonitor, given: Given, others: Given, asking: Asking): Promise<PlannedMonitor> {
  const values = toValues(monitorTable(monitor), given, others);
  const when = toRules(values);
  const plan = await waiting.during(`what rig ${monitor.name} watches`, () => monitor.plan(values, asking));
  const { watch, condition, second, gives } = monitor.describe(plan);
  return {
    name: monitor.name,
    plan,
    watch,
    condition: describeCondition(when, { condition, second }),
    // An absence is about no process.
    gives: when.absentMs === undefined ? [...gives] : [],
    when,
  };
}

function checkRepeat({ repeat }: RigValues, planned: PlannedAction[], { actions }: Plugins): void {
  if (repeat === 0 || planned.some(({ name }) => find(actions, name).isRepeatable)) return;
  throw new UsageError(`--repeat: ${planned.map(({ name }) => `--${name}`).join(' and ')} cannot be repeated`);
}

/**
 * Throws a RigError if the disk has no room for what would be collected now. Where nothing is known of its size, it is a remark
 * that there is no room at all.
 */
async function checkRoom(
  { folder, minFree }: RigSpec['output'],
  planned: PlannedAction[],
  { actions }: Plugins,
  remark: (text: string) => void,
): Promise<void> {
  const estimates = await Promise.all(planned.map(({ name, plan }) => find(actions, name).estimate?.(plan)));
  const bytes = estimates.reduce((sum, estimate) => sum + (estimate?.bytes ?? 0), 0);
  const refusal = await new DiskGuard(new OutputDisk(folder, remark), minFree).refusal(bytes);
  if (refusal === undefined) return;
  const problem = `the disk has too little room now to collect everything: ${refusal}`;
  if (bytes > 0) throw new RigError(problem);
  remark(problem);
}
