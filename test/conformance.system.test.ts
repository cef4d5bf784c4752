/** What every monitor and every action promises, tried on each of them: plans are data, and nothing is left when they stop. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { actions } from '../src/actions/index.ts';
import { runProgram } from '../src/host/programs/run-program.ts';
import { monitors } from '../src/monitors/index.ts';
import { readArguments } from '../src/options/parse.ts';
import type { AnyMonitor, Plugins, Trigger } from '../src/plugin.ts';
import { runActions } from '../src/rig/collect/actions.ts';
import { DiskGuard } from '../src/rig/collect/disk-guard.ts';
import { OutputDisk } from '../src/rig/collect/output-disk.ts';
import { Armed } from '../src/rig/life/armed.ts';
import { Ending } from '../src/rig/life/ending.ts';
import type { RigLog } from '../src/rig/log/log.ts';
import type { RigSpec } from '../src/rig/records/spec.ts';
import { rigOptions } from '../src/rig/request/options.ts';
import { prepareRig } from '../src/rig/request/prepare.ts';
import { actionsTable, monitorTable, requestOf } from '../src/rig/request/request.ts';
import { plain } from './support/plain.ts';
import { seen, startStranger } from './support/processes.ts';
import { waitFor } from './support/wait.ts';

const plugins: Plugins = { monitors, actions };
const silent = (): void => {};
const log: RigLog = { debug: silent, info: silent, warn: silent, error: silent, bug: silent, lines: () => [] };

/** A command line for each plugin, which works on any host. `file` is an empty log, `pid` a process that sleeps. */
type Sample = (file: string, pid: string) => string[];
const monitorSamples: Record<string, Sample> = {
  logs: (file) => ['--message', 'x', '--logfile', file, '--no-journal'],
  process: (_, pid) => ['--proc', pid, '--state', 'D', '--exit'],
};
const actionSamples: Record<string, Sample> = {
  gcore: (_, pid) => ['--gcore', pid],
  exec: () => ['--exec', 'sleep 30'],
  tcpdump: () => ['--tcpdump', '--tcpdump-iface', 'lo', '--tcpdump-filter', 'port 9'],
  sosreport: () => ['--sosreport'],
  noop: () => ['--noop'],
};

test('every plugin has a sample here', () => {
  assert.deepEqual(Object.keys(monitorSamples).sort(), monitors.map(({ name }) => name).sort());
  assert.deepEqual(Object.keys(actionSamples).sort(), actions.map(({ name }) => name).sort());
});

const findMonitor = (name: string): AnyMonitor => monitors.find((each) => each.name === name) as AnyMonitor;

/** The spec that a command line with this monitor and this action makes, after its way through the pipe to the daemon. */
async function specOf(t: TestContext, monitorName: string, actionName: string): Promise<RigSpec> {
  const folder = mkdtempSync(join(tmpdir(), 'rig-conformance-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'app.log');
  writeFileSync(file, '');
  const pid = String(await startStranger(t));
  const monitor = findMonitor(monitorName);
  const argv = [...(monitorSamples[monitorName]?.(file, pid) ?? []), ...(actionSamples[actionName]?.(file, pid) ?? [])];
  const table = { ...monitorTable(monitor), ...actionsTable(actions), ...rigOptions };
  const { given } = readArguments(table, [...argv, '--min-free', '0']);
  const { spec } = await prepareRig(requestOf(monitor, given, argv, plugins), plugins, silent);
  const travelled = plain(spec);
  const plansOf = ({ monitors, actions }: RigSpec) => [...monitors, ...actions].map(({ plan }) => plan);
  assert.deepEqual(plansOf(travelled), plansOf(spec), 'a plan is plain data');
  mkdirSync(join(folder, `rig.${spec.id}`));
  return { ...travelled, output: { ...travelled.output, folder } };
}

/** A rig with its plugins, ready to be armed. */
function build(spec: RigSpec, ending = new Ending()) {
  const guard = new DiskGuard(new OutputDisk(spec.output.folder, () => {}), spec.output.minFree);
  const context = { spec, plugins, log, guard, ending, onMet: () => undefined, onExhausted: silent, remark: silent };
  return { armed: new Armed(context), ending, guard };
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;
const children = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && seen(pid)?.parentPid === process.pid);

/** Waits until this process has no more children and descriptors than before. */
async function assertNothingLeft(before: { pids: number[]; descriptors: number }): Promise<void> {
  const more = () => children().filter((pid) => !before.pids.includes(pid));
  await waitFor('no child to be left', () => more().length === 0);
  await waitFor('no descriptor to be left', () => openDescriptors() <= before.descriptors);
}

const trigger: Trigger = {
  time: new Date().toISOString(),
  monitor: 'test',
  subject: 's',
  text: 't',
  matches: 1,
  facts: {},
};

const pairs = [
  ...monitors.map(({ name }) => [name, 'noop', name] as const),
  ...actions.map(({ name }) => ['process', name, name] as const),
];

for (const [monitorName, actionName, name] of pairs) {
  test(`${name}: it says what it watches and leaves, its status is plain rows, and nothing is left when it stops`, async (t) => {
    const spec = await specOf(t, monitorName, actionName);
    for (const { watch, condition } of spec.monitors)
      for (const words of [watch, condition]) assert.match(words, /^\S.*\S$/);
    for (const { name: own, plan } of spec.actions) {
      const { leaves, bytes } = (await actions.find((each) => each.name === own)?.estimate?.(plan)) ?? {
        leaves: 'x',
        bytes: 0,
      };
      assert.ok(leaves !== '' && bytes >= 0);
    }
    // What Node opens once stays open: for the first program, and the one inotify instance of the process.
    const loaded = await runProgram('/bin/true', []);
    assert.equal(loaded.exitCode, 0);
    watch(spec.output.folder).close();
    const before = { pids: children(), descriptors: openDescriptors() };
    const { armed, ending } = build(spec);
    await armed.arm();
    for (const row of armed.status()) {
      assert.equal(typeof row.source, 'string');
      assert.deepEqual(JSON.parse(JSON.stringify(row)), row);
    }
    ending.stopWatching();
    await armed.stop();
    await assertNothingLeft(before);
  });

  test(`${name}: it ends soon, whenever it is told to`, async (t) => {
    for (const afterMs of [0, 1, 5, 20, 100, 400]) {
      const spec = await specOf(t, monitorName, actionName);
      const before = { pids: children(), descriptors: Number.POSITIVE_INFINITY };
      const { armed, ending, guard } = build(spec);
      const arming = armed.arm().catch(silent);
      const working = arming.then(async () => {
        const collected = join(spec.output.folder, 'collected');
        mkdirSync(collected);
        const run = { spec, trigger, root: collected, clock: armed.clock, guard, log };
        return await runActions(armed.ready, { ...run, ended: ending.ended, monitorProcesses: () => [] });
      });
      await delay(afterMs);
      ending.request({ by: 'a test', keep: false }, true);
      await waitFor(
        'it to end',
        async () => Promise.race([Promise.all([working, armed.stop()]).then(() => true), delay(50)]),
        {
          withinMs: 20_000,
        },
      );
      await assertNothingLeft(before);
    }
  });
}
