/** `rig <monitor> ...`: one command for each monitor, made from its option table and those of the actions. */
import { writeSync } from 'node:fs';
import { errnoOf, RigError, UsageError } from '../errors.ts';
import { setOwnName } from '../host/own-name.ts';
import type { AnyMonitor, Plugins } from '../plugin.ts';
import { handleSignals } from '../rig/daemon/daemon.ts';
import { launch } from '../rig/daemon/launch.ts';
import { runRig } from '../rig/life/run-rig.ts';
import { logFile, outputRoot } from '../rig/records/paths.ts';
import type { FinishedRecord } from '../rig/records/rows.ts';
import type { RigSpec } from '../rig/records/spec.ts';
import { rigOptions } from '../rig/request/options.ts';
import { prepareRig } from '../rig/request/prepare.ts';
import { actionsTable, monitorTable, requestOf } from '../rig/request/request.ts';
import { visible } from '../terminal/text.ts';
import { type Command, commandMs } from './command.ts';

/** Prints the id at once: if it cannot be printed (`> file` on a full disk), the rig is not created. */
function printId(id: string): void {
  try {
    writeSync(process.stdout.fd, `${id}\n`);
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE')
      throw new RigError(`the id ${id} cannot be printed: ${errnoOf(error)}`, { cause: error });
  }
}

/** Keeps remarks back until the rig is armed: if it cannot be created, the user sees only the error. */
class Remarks {
  readonly #texts: string[] = [];
  #isArmed = false;

  readonly add = (text: string): void => {
    if (this.#isArmed) process.stderr.write(`rig: ${visible(text)}\n`);
    else this.#texts.push(text);
  };

  /** The rig is armed: prints the remarks and the id. */
  readonly armed = (id: string): void => {
    this.#isArmed = true;
    for (const text of this.#texts) this.add(text);
    printId(id);
  };
}

/** Runs the rig in this process. Resolves to the exit code, which is 128 + N after signal N, as in a shell. */
async function runAttached(spec: RigSpec, remarks: Remarks, plugins: Plugins): Promise<number> {
  setOwnName('rig');
  process.umask(0o077);
  let signalCode: number | undefined;
  const record: FinishedRecord = await runRig(
    spec,
    {
      // It is in the log, which is shown.
      remark: () => {},
      show: (line) => process.stderr.write(`${line}\n`),
      armed: async () => remarks.armed(spec.id),
      onEndRequest: (end) =>
        handleSignals((request) => {
          signalCode = request.by === 'SIGINT' ? 130 : 143;
          end(request);
        }),
    },
    plugins,
  );
  return signalCode ?? (record.status === 'finished' ? 0 : 1);
}

const notes = `DURATION: 250ms, 10s, 5m, 2h, 1h30m, 1d; a bare number is seconds; 24 days at most. SIZE: 512K, 10M, 2G, powers of 1024; a bare number is bytes. An option that takes A,B may also be repeated.
The result is ${outputRoot}/rig-ID-DATE-TIME.tar.gz; the log of all rigs is ${logFile}.
Exit codes: 0 armed, 1 it failed, 2 the command line is wrong.
With --foreground: 0 everything was collected, 1 not everything, 130 ended by Ctrl-C, 143 by SIGTERM.`;

/** The command that creates rigs with one monitor. */
export function createCommand(monitor: AnyMonitor, plugins: Plugins): Command {
  const groups = [
    { title: 'Condition', options: monitorTable(monitor) },
    { title: 'Actions', options: actionsTable(plugins.actions) },
    { title: 'Options', options: rigOptions },
  ];
  return {
    name: monitor.name,
    usage: '<condition> <actions> [options]',
    summary: monitor.summary,
    groups,
    notes,
    examples: monitor.examples,
    limitMs: () => commandMs,
    run: async (given, words, commandLine, liftLimit) => {
      const [stray] = words;
      if (stray !== undefined)
        throw new UsageError(
          `${JSON.stringify(stray)} belongs to no option: a value with spaces or a pattern such as *.log needs quotes, a list commas`,
        );
      const remarks = new Remarks();
      const request = requestOf(monitor, given, commandLine, plugins);
      const { spec, values, lookBack } = await prepareRig(request, plugins, remarks.add);
      const lookedBack = lookBack();
      // From now on whoever arms it looks after the time.
      liftLimit();
      if (values.foreground) return await runAttached(spec, remarks, plugins);
      await launch(spec, { remark: remarks.add, armed: remarks.armed }).finally(() => lookedBack);
      return 0;
    },
  };
}
