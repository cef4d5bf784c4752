/** What a user asks for, as plain data: from the command line, later from a rig file. */
import { UsageError } from '../../errors.ts';
import type { OptionTable } from '../../options/table.ts';
import type { Given } from '../../options/values.ts';
import type { AnyAction, AnyMonitor, Plugins } from '../../plugin.ts';
import { conditionOptions } from '../condition/options.ts';
import { rigOptions } from './options.ts';

interface Asked {
  name: string;
  /** What was given for the plugin's own options; for a monitor, also for the shared conditions. */
  given: Given;
}

export interface RigRequest {
  /** The arguments as they were typed. */
  commandLine: string[];
  monitors: Asked[];
  actions: Asked[];
  /** What was given for the options of every rig. */
  given: Given;
}

/** A monitor's own options and those of the shared conditions that it takes. */
export const monitorTable = (monitor: AnyMonitor): OptionTable => ({
  ...monitor.options,
  ...conditionOptions(monitor),
});

/** The options of all actions. */
export const actionsTable = (actions: readonly AnyAction[]): OptionTable =>
  Object.assign({}, ...actions.map(({ options }) => options));

const pick = (given: Given, table: OptionTable): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(table, name)));

/** The actions whose own option is given. Throws a UsageError if there is none, or for an option of another action. */
function askedActions(given: Given, actions: readonly AnyAction[]): Asked[] {
  const asked: Asked[] = [];
  for (const { name, options } of actions) {
    const own = pick(given, options);
    const [stray] = Object.keys(own);
    if (own[name] !== undefined) asked.push({ name, given: own });
    else if (stray !== undefined) throw new UsageError(`--${stray} goes with --${name}, which is not given`);
  }
  if (asked.length > 0) return asked;
  const names = actions.map(({ name }) => `--${name}`).join(', ');
  throw new UsageError(`no action given: this rig would do nothing when it triggers; choose from ${names}`);
}

/** The request that a command line makes. It has one monitor. Throws a UsageError. */
export function requestOf(monitor: AnyMonitor, given: Given, commandLine: string[], plugins: Plugins): RigRequest {
  return {
    commandLine,
    monitors: [{ name: monitor.name, given: pick(given, monitorTable(monitor)) }],
    actions: askedActions(given, plugins.actions),
    given: pick(given, rigOptions),
  };
}
