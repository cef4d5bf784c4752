/** `rig <monitor> ...`: one command for each monitor, made from its option table and those of the actions. */
import { writeSync } from 'node:fs';
import { actions } from '../actions/index.ts';
import { errnoOf, RigError, UsageError } from '../errors.ts';
import { setOwnName } from '../host/own-name.ts';
import type { AnyAction, AnyMonitor, OptionTable } from '../plugin.ts';
import { bytesNeeded } from '../rig/collect/actions.ts';
import { DiskGuard } from '../rig/collect/disk-guard.ts';
import { handleSignals } from '../rig/daemon/daemon.ts';
import { launch } from '../rig/daemon/launch.ts';
import { runRig } from '../rig/life/life.ts';
import { isoTime, logFile, outputRoot } from '../rig/records/paths.ts';
import { checkName, type RigSpec, randomId } from '../rig/records/spec.ts';
import type { FinishedRecord } from '../rig/registry/registry.ts';
import { prepareLife, type RigValues, rigOptions } from '../rig/request/options.ts';
import { visible } from '../terminal/text.ts';
import type { Command } from './command.ts';

type Given = Record<string, unknown>;

/** Whether an option stands on the command line; a flag that does not is false. */
const isGiven = (value: unknown): boolean => value !== undefined && value !== false;

/** The actions whose own option is given, in the order in which they run. */
function selectActions(values: Given): AnyAction[] {
  const selected = actions.filter(({ name }) => isGiven(values[name]));
  for (const { name, options } of actions.filter((action) => !selected.includes(action))) {
    const stray = Object.keys(options).find((option) => isGiven(values[option]));
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --${name}, which is not given`);
  }
  if (selected.length === 0) {
    const names = actions.map(({ name }) => `--${name}`).join(', ');
    throw new UsageError(`no action given: this rig would do nothing when it triggers; choose from ${names}`);
  }
  const order: AnyAction['priority'][] = ['first', 'normal', 'late'];
  return selected.sort((a, b) => order.indexOf(a.priority) - order.indexOf(b.priority));
}

/** Prints the id, at once: a rig whose id cannot be told (a full disk behind `> file`) is not created. */
function printId(id: string): void {
  try {
    writeSync(process.stdout.fd, `${id}\n`);
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE')
      throw new RigError(`the id ${id} cannot be printed: ${errnoOf(error)}`, { cause: error });
  }
}

/** Keeps remarks back until the rig is armed: one that cannot be created is one clear line, the error. */
class Remarks {
  readonly #texts: string[] = [];
  #isArmed = false;

  readonly add = (text: string): void => {
    if (this.#isArmed) process.stderr.write(`rig: ${visible(text)}\n`);
    else this.#texts.push(text);
  };

  /** The rig is armed: tells its id, and what there is to say of it. */
  readonly armed = (id: string): void => {
    this.#isArmed = true;
    for (const text of this.#texts) this.add(text);
    printId(id);
  };
}

/** Checks everything that can be checked while the user watches, and makes the spec of it. */
async function prepare(
  monitor: AnyMonitor,
  values: Given,
  commandLine: string[],
  remark: (text: string) => void,
): Promise<{ spec: RigSpec; rehearse: () => Promise<void> }> {
  const given = values as RigValues;
  const id = given.name === undefined ? randomId() : checkName(given.name);
  const selected = selectActions(values);
  const life = await prepareLife(given);
  if ((given.repeat ?? 0) > 0 && !selected.some(({ repeatable }) => repeatable))
    throw new UsageError(`--repeat: ${selected.map(({ name }) => `--${name}`).join(' and ')} cannot be repeated`);
  const { plan, watch, condition, namesProcess, mayWait, rehearse } = await monitor.prepare(values, {
    remark,
    isAttached: given.foreground,
    isRestarting: life.restart.times !== 0,
  });
  const planned: RigSpec['actions'] = [];
  for (const action of selected) {
    planned.push({
      name: action.name,
      plan: await action.prepare(values, { remark, monitorNamesProcess: namesProcess }),
      timeoutMs: given['action-timeout'] ?? action.timeoutMs,
    });
  }
  const room = await new DiskGuard(life.output.folder, life.output.minFree).refusal(await bytesNeeded(planned));
  if (room !== undefined) remark(`as it is now, not everything could be collected: ${room}`);
  const spec: RigSpec = {
    id,
    created: isoTime(new Date()),
    commandLine,
    monitor: { name: monitor.name, plan, watch, condition },
    actions: planned,
    ...life,
    ...(mayWait === undefined ? {} : { restart: { ...life.restart, mayWait } }),
  };
  return { spec, rehearse: async () => rehearse?.() };
}

/** Runs the rig in this process, attached to the terminal. Resolves to the exit code: as a shell has it when a signal ended it. */
async function runAttached(spec: RigSpec, remarks: Remarks): Promise<number> {
  setOwnName('rig');
  process.umask(0o077);
  let signalCode: number | undefined;
  const record: FinishedRecord = await runRig(spec, {
    // The log, which is shown, has it too.
    remark: () => {},
    show: (line) => process.stderr.write(`${line}\n`),
    armed: async () => remarks.armed(spec.id),
    onEndRequest: (end) =>
      handleSignals((request) => {
        signalCode = request.by === 'SIGINT' ? 130 : 143;
        end(request);
      }),
  });
  return signalCode ?? (record.status === 'finished' ? 0 : 1);
}

/** The command that creates rigs with this monitor. */
export function createCommand(monitor: AnyMonitor): Command<OptionTable> {
  return {
    name: monitor.name,
    usage: '<condition> <actions> [options]',
    summary: monitor.summary,
    groups: [
      { title: 'Condition', options: monitor.options },
      { title: 'Actions', options: Object.assign({}, ...actions.map(({ options }) => options)) },
      { title: 'Options', options: rigOptions },
    ],
    notes: `DURATION: 250ms, 10s, 5m, 2h, 1d; a bare number is seconds; 24 days at most. SIZE: 512K, 10M, 2G, powers of 1024; a bare number is bytes. What takes A,B may be repeated instead.\nThe result is ${outputRoot}/rig-ID-DATE-TIME.tar.gz; what every rig does is in ${logFile}.\nExit codes: 0 armed, 1 it failed, 2 the command line is wrong.\nWith --foreground: 0 all was collected, 1 not all, 130 and 143 it was ended by Ctrl-C or SIGTERM.`,
    examples: monitor.examples,
    run: async (values, words, commandLine) => {
      const [stray] = words;
      if (stray !== undefined)
        throw new UsageError(
          `${JSON.stringify(stray)} belongs to no option: a value with spaces or a pattern such as *.log needs quotes, a list commas`,
        );
      const remarks = new Remarks();
      const { spec, rehearse } = await prepare(monitor, values, commandLine, remarks.add);
      const rehearsed = rehearse();
      if (values.foreground) return await runAttached(spec, remarks);
      await launch(spec, { remark: remarks.add, armed: remarks.armed }).finally(() => rehearsed);
      return 0;
    },
  };
}
