import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { safeFileName } from '../../src/actions/gcore/dump.ts';
import { findReason } from '../../src/actions/gcore/gdb.ts';
import { type GcorePlan, gcore } from '../../src/actions/gcore/index.ts';
import type { Outcome } from '../../src/actions/gcore/outcome.ts';
import { ActionError } from '../../src/errors.ts';
import { startedAtMs } from '../../src/host/processes/start-time.ts';
import { lifeOf, type ProcessIdentity, sendSignal } from '../../src/host/processes/stat.ts';
import { tracerOf } from '../../src/host/processes/status.ts';
import { findProgram } from '../../src/host/programs/find-program.ts';
import type { TriggerContext } from '../../src/plugin.ts';
import { asking, triggerContext } from '../support/contexts.ts';
import { newFolder } from '../support/folder.ts';
import { copySleep, kill, mustRead, seen, start, startStranger, startWithoutMainThread } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

const program = (await findProgram('gcore')) ?? assert.fail('there is no gcore');

const prepare = async (wanted: string[], allPids = false) =>
  gcore.plan(
    { gcore: wanted, 'gcore-all-pids': allPids },
    asking({ gives: ['process', 'processes'], programs: { gcore: program } }),
  );

/** The plan for a child of this process, which rig would take for a program of its own. */
const prepareOwn = async (child: ProcessIdentity): Promise<GcorePlan> => ({
  ...(await prepare(['rig-nobody'])),
  targets: [{ kind: 'pid', ...child }],
});

/** What the manifest gets, whether the action did what it is for or not. */
async function run(plan: GcorePlan, context: TriggerContext): Promise<{ outcomes: Outcome[]; error?: ActionError }> {
  try {
    return { outcomes: (await gcore.run?.(plan, context))?.processes as Outcome[] };
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return { outcomes: error.details.processes as Outcome[], error };
  }
}

const statuses = (outcomes: Outcome[]) => outcomes.map(({ status }) => status);
const stateOf = async (pid: number) => seen(pid)?.state;

/** Starts a node of more than 256 MB with `environment`, which is no child of this process. */
async function startBig(t: TestContext, environment = ''): Promise<number> {
  const big = 'globalThis.data = Buffer.alloc(2 ** 28, 1); console.log(process.pid); setInterval(() => {}, 1000)';
  const wrapper = await start(t, 'sh', ['-c', `${environment} "$0" -e "$1"; true`, process.execPath, big]);
  const [said] = (await once(wrapper.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const pid = Number(said);
  t.after(() => kill(pid));
  return pid;
}

/** Kills what was seen to trace a process: 0 when nothing was, as where it was done before anyone looked. */
const killTracer = (tracer: number): boolean => tracer !== 0 && sendSignal(tracer, 'SIGKILL');

test('a process is dumped into a core that gdb opens', async (t) => {
  const dir = newFolder(t);
  const pid = await startStranger(t);
  const { outcomes, error } = await run(await prepare([String(pid)]), triggerContext(dir));
  assert.equal(error, undefined);
  const file = `core.sleep.${pid}`;
  assert.deepEqual(outcomes, [
    { wanted: String(pid), pid, name: 'sleep', status: 'dumped', note: null, file, complete: true },
  ]);
  assert.deepEqual(readdirSync(dir), [file]);
  const trace = execFileSync('gdb', ['--nx', '-batch', '-ex', 'bt', '/bin/sleep', join(dir, file)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  assert.match(trace, /^#0 .*nanosleep/m);
});

test('a process that was dumped goes on running, with no tracer', async (t) => {
  const pid = await startStranger(t);
  await run(await prepare([String(pid)]), triggerContext(newFolder(t)));
  await waitFor('the process to run', async () => (await stateOf(pid)) === 'S');
  assert.equal(tracerOf(pid), 0);
});

test('a process that was stopped before it was dumped stays stopped', async (t) => {
  const pid = await startStranger(t);
  process.kill(pid, 'SIGSTOP');
  await waitFor('the process to stop', async () => (await stateOf(pid)) === 'T');
  const { outcomes } = await run(await prepare([String(pid)]), triggerContext(newFolder(t)));
  assert.deepEqual(statuses(outcomes), ['dumped']);
  // gdb has let go of it; that it stops is its own next step.
  await waitFor('the process to be stopped', async () => (await stateOf(pid)) === 'T');
});

test('a process whose main thread has ended is dumped through one that lives, and lives on', async (t) => {
  const dir = newFolder(t);
  const pid = await startWithoutMainThread(t);
  const target = await mustRead(pid);
  const { outcomes, error } = await run(await prepareOwn(target), triggerContext(dir));
  assert.equal(error, undefined);
  const [{ status, file, note } = assert.fail('no outcome')] = outcomes;
  assert.deepEqual([status, file], ['dumped', `core.${target.comm}.${pid}`]);
  assert.match(note ?? '', /its main thread has ended/);
  assert.deepEqual(readdirSync(dir), [file]);
  assert.ok(lifeOf(target) === 'alive');
});

test('a pid that another process has by now is never dumped', async (t) => {
  const dir = newFolder(t);
  const pid = await startStranger(t);
  const { startTime } = await mustRead(pid);
  const plan = await prepare([String(pid)]);
  const context = triggerContext(dir);
  const stale: GcorePlan = { ...plan, targets: [{ kind: 'pid', pid, startTime: startTime - 1, comm: 'nginx' }] };
  const { outcomes, error } = await run(stale, context);
  assert.deepEqual(statuses(outcomes), ['exited']);
  assert.equal(error?.message, `${pid}: process nginx (${pid}) had exited`);
  assert.deepEqual(readdirSync(dir), []);
  assert.deepEqual(context.results, []);
});

test('a process that has exited does not fail the action when another was dumped', async (t) => {
  const [gone, there] = [await startStranger(t), await startStranger(t)];
  const plan = await prepare([String(gone), String(there)]);
  await kill(gone);
  const { outcomes, error } = await run(plan, triggerContext(newFolder(t)));
  assert.equal(error, undefined);
  assert.deepEqual(statuses(outcomes), ['exited', 'dumped']);
});

test('a process that cannot be dumped fails the action after the others were dumped', async (t) => {
  const [traced, free] = [await startStranger(t), await startStranger(t)];
  const gdb = await start(t, 'gdb', ['--nx', '--batch', '-ex', `attach ${traced}`, '-ex', 'shell sleep 1000']);
  await waitFor('gdb to attach', async () => tracerOf(traced) === gdb.pid);
  const { outcomes, error } = await run(await prepare([String(traced), String(free)]), triggerContext(newFolder(t)));
  assert.deepEqual(statuses(outcomes), ['failed', 'dumped']);
  assert.equal(error?.message, `${traced}: it is traced by process ${gdb.pid}`);
  assert.equal(tracerOf(traced), gdb.pid);
});

test("a tracer that calls itself a rig's program is not waited for", async (t) => {
  const traced = await startStranger(t);
  const command = ['RIG_DAEMON=1.1.1', 'gdb', '--nx', '--batch', '-ex', `attach ${traced}`, '-ex', 'shell sleep 1000'];
  const gdb = await start(t, 'env', command);
  await waitFor('gdb to attach', async () => tracerOf(traced) === gdb.pid);
  const { error } = await run(await prepare([String(traced)]), triggerContext(newFolder(t)));
  assert.equal(error?.message, `${traced}: it is traced by process ${gdb.pid}`);
});

test('a name means the process that has it when the rig triggers', async (t) => {
  const program = copySleep(newFolder(t), 'rig-service');
  const before = await startStranger(t, program);
  const plan = await prepare(['rig-service']);
  await kill(before);
  const after = await startStranger(t, program);
  const { outcomes } = await run(plan, triggerContext(newFolder(t)));
  assert.deepEqual(
    outcomes.map(({ pid, status }) => ({ pid, status })),
    [{ pid: after, status: 'dumped' }],
  );
});

test('a name that no process has when the rig triggers fails the action', async (t) => {
  const { outcomes, error } = await run(await prepare(['rig-nobody']), triggerContext(newFolder(t)));
  assert.deepEqual(statuses(outcomes), ['not running']);
  assert.match(
    error?.message ?? '',
    /^rig-nobody: no process was running with this name \(by its program, .*, and no unit/,
  );
});

test('with --gcore-all-pids every process of a name is dumped', async (t) => {
  const dir = newFolder(t);
  const program = copySleep(newFolder(t), 'rig-workers');
  const pids = [await startStranger(t, program), await startStranger(t, program)];
  const { outcomes } = await run(await prepare(['rig-workers'], true), triggerContext(dir));
  assert.deepEqual(
    outcomes.map(({ pid, status }) => ({ pid, status })),
    pids.map((pid) => ({ pid, status: 'dumped' })),
  );
  assert.deepEqual(readdirSync(dir).sort(), pids.map((pid) => `core.rig-workers.${pid}`).sort());
});

test('of several processes that have a name only when the rig triggers, the oldest is dumped', async (t) => {
  const program = copySleep(newFolder(t), 'rig-forked');
  const oldest = await startStranger(t, program);
  const plan = await prepare(['rig-forked']);
  const second = await startStranger(t, program);
  const { outcomes } = await run(plan, triggerContext(newFolder(t)));
  assert.deepEqual(
    outcomes.map(({ pid, note }) => ({ pid, note })),
    [{ pid: oldest, note: `the oldest of ${oldest} ${second}` }],
  );
});

test('a process that is meant twice is dumped once', async (t) => {
  const pid = await startStranger(t, copySleep(newFolder(t), 'rig-once'));
  const { outcomes } = await run(await prepare([String(pid), 'rig-once']), triggerContext(newFolder(t)));
  assert.equal(outcomes.length, 1);
});

test('@match dumps the process that logged the line', async (t) => {
  const pid = await startStranger(t);
  const context = triggerContext(newFolder(t), { process: { pid, seenAtMs: Date.now() } });
  const { outcomes } = await run(await prepare(['@match']), context);
  assert.deepEqual(
    outcomes.map((outcome) => ({ pid: outcome.pid, status: outcome.status })),
    [{ pid, status: 'dumped' }],
  );
});

test('@match does not dump a process that started after the line was logged', async (t) => {
  const dir = newFolder(t);
  const pid = await startStranger(t);
  // By more than this process may stand still between the two clocks by which rig tells the start.
  const seenAtMs = startedAtMs(await mustRead(pid)) - 5000;
  const { outcomes, error } = await run(await prepare(['@match']), triggerContext(dir, { process: { pid, seenAtMs } }));
  assert.deepEqual(statuses(outcomes), ['exited']);
  assert.match(String(error?.message), /started later/);
  assert.deepEqual(readdirSync(dir), []);
});

test('@match does not dump rig itself', async (t) => {
  const context = triggerContext(newFolder(t), { process: { pid: process.pid, seenAtMs: Date.now() } });
  const { outcomes, error } = await run(await prepare(['@match']), context);
  assert.deepEqual(statuses(outcomes), ['failed']);
  assert.match(String(error?.message), /is rig itself/);
});

test('@match fails for a trigger that names no process', async (t) => {
  const { error } = await run(await prepare(['@match']), triggerContext(newFolder(t)));
  assert.equal(error?.message, '@match: the trigger names no process');
});

test('@monitor dumps the processes that the monitor watches', async (t) => {
  const pids = [await startStranger(t), await startStranger(t)];
  const watched = await Promise.all(pids.map((pid) => mustRead(pid)));
  const context = { ...triggerContext(newFolder(t)), monitorProcesses: () => watched };
  const { outcomes } = await run(await prepare(['@monitor']), context);
  assert.deepEqual(
    outcomes.map(({ wanted, pid, status }) => ({ wanted, pid, status })),
    pids.map((pid) => ({ wanted: '@monitor', pid, status: 'dumped' })),
  );
});

test('@monitor fails where the monitor watches no process', async (t) => {
  const { error } = await run(await prepare(['@monitor']), triggerContext(newFolder(t)));
  assert.equal(error?.message, '@monitor: the monitor watched no process');
});

test('a process name with slashes and escapes makes a plain file name', async (t) => {
  const dir = newFolder(t);
  const script = 'printf "../x\\033[1m y" > /proc/$$/comm; echo $$; read';
  const wrapper = await start(t, 'sh', ['-c', 'bash -c "$0"; true', script]);
  const [said] = (await once(wrapper.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const pid = Number(said);
  const { outcomes } = await run(await prepare([String(pid)]), triggerContext(dir));
  assert.deepEqual(
    outcomes.map(({ name, status }) => ({ name, status })),
    [{ name: '../x\u001b[1m y', status: 'dumped' }],
  );
  assert.deepEqual(readdirSync(dir), [`core..._x__1m_y.${pid}`]);
});

for (const [name, safe] of [
  ['nginx', 'nginx'],
  ['kworker/0:1', 'kworker_0_1'],
  ['.', '_'],
  ['..', '_'],
  ['', '_'],
  ['a\nb', 'a_b'],
  ['grün', 'gr_n'],
  ['-rf', '-rf'],
] as const) {
  test(`the process name ${JSON.stringify(name)} is ${safe} in a file name`, () => {
    assert.equal(safeFileName(name), safe);
  });
}

test('a gdb that is ended while it attaches never leaves the process stopped, and never kills it', async (t) => {
  // Many threads make attaching take long. A wrapper, because a child of this process would be taken for rig's own.
  const busy =
    'for (let i = 0; i < 12; i++) new (require("worker_threads").Worker)("setInterval(() => {}, 1000)", {eval: true}); console.log(process.pid)';
  const wrapper = await start(t, 'sh', ['-c', '"$0" -e "$1"; true', process.execPath, busy]);
  const [said] = (await once(wrapper.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const pid = Number(said);
  t.after(() => kill(pid));
  const plan = await prepare([String(pid)]);
  const target = await mustRead(pid);
  const finished: unknown[] = [];
  let ended = 0;
  for (let round = 0; ended < 15; round++) {
    assert.ok(
      round < 60,
      `of ${round} gdbs ${ended} were ended before they had a core; not ${JSON.stringify(finished)}`,
    );
    const ending = new AbortController();
    let hasEnded = false;
    const context = triggerContext(newFolder(t), { signal: ending.signal });
    const running = run(plan, context).finally(() => (hasEnded = true));
    // Without a pause between two looks: the moment at which an ended gdb does harm is short.
    let tracer = 0;
    while (tracer === 0 && !hasEnded) {
      await new Promise(setImmediate);
      tracer = tracerOf(pid);
    }
    if (round % 4 === 0) killTracer(tracer);
    else ending.abort();
    const { error } = await running;
    // A gdb that was refused at first is tried again, and one that was done before it was seen or ended has made its core.
    if (error && tracer !== 0) ended++;
    else finished.push({ round, tracer, results: context.results });
    assert.ok(lifeOf(target) === 'alive');
    assert.equal(tracerOf(pid), 0);
    assert.notEqual(await stateOf(pid), 'T');
  }
});

test('of a core that comes to the size limit of files nothing is left, and the outcome names the disk', async (t) => {
  const dir = newFolder(t);
  const pid = await startStranger(t);
  const context = triggerContext(dir);
  const asked: number[] = [];
  const { outcomes, error } = await run(await prepare([String(pid)]), {
    ...context,
    // As it is when the process has grown since its size was looked at.
    spaceRefusal: async (bytes) => (asked.push(bytes) > 1 ? 'less than 1.0 GiB would be left free' : undefined),
    run: (file, args, options) => context.run(file, args, { ...options, mostFileBytes: 100_000 }),
  });
  assert.deepEqual(
    outcomes.map(({ status, file, complete }) => ({ status, file, complete })),
    [{ status: 'failed', file: null, complete: null }],
  );
  assert.match(String(error?.message), /what there was of its core is removed: less than 1\.0 GiB would be left free/);
  assert.deepEqual(readdirSync(dir), []);
  await waitFor('the process to run', async () => (await stateOf(pid)) === 'S');
});

for (const [what, startOne] of [
  ['a small process', startStranger],
  ['a process with large reservations', startBig],
] as const) {
  test(`the core of ${what} is as large as was said`, async (t) => {
    const dir = newFolder(t);
    const pid = await startOne(t);
    const plan = await prepare([String(pid)]);
    const { bytes = 0 } = (await gcore.estimate?.(plan)) ?? {};
    const { outcomes } = await run(plan, triggerContext(dir));
    const { size } = statSync(join(dir, outcomes[0]?.file ?? ''));
    assert.ok(Math.abs(size - bytes) < size * 0.05, `${bytes} were said, ${size} came`);
  });
}

test('creation says when the dump takes longer than the watchdog of the service waits', async (t) => {
  const pid = await startBig(t, 'WATCHDOG_USEC=100000');
  const ask = asking({ programs: { gcore: program } });
  await gcore.plan({ gcore: [String(pid)], 'gcore-all-pids': false }, ask);
  assert.match(
    ask.remarks.join(),
    new RegExp(
      `^--gcore: the dump of process ${pid} takes about [\\d.]+ s; systemd's watchdog kills .+ after 0\\.1 s$`,
    ),
  );
});

test('creation says nothing of a watchdog that waits long enough, or for another process', async (t) => {
  for (const environment of ['WATCHDOG_USEC=600000000', 'WATCHDOG_USEC=1000 WATCHDOG_PID=1']) {
    const pid = await startBig(t, environment);
    const ask = asking({ programs: { gcore: program } });
    await gcore.plan({ gcore: [String(pid)], 'gcore-all-pids': false }, ask);
    assert.deepEqual(ask.remarks, []);
  }
});

test('a process that a watchdog kills for the dump has ended, its core is complete, and the action fails', async (t) => {
  const dir = newFolder(t);
  const pid = await startBig(t, 'WATCHDOG_USEC=100000');
  const running = run(await prepare([String(pid)]), triggerContext(dir));
  const isWriting = () => readdirSync(dir).some((name) => statSync(join(dir, name)).size > 0);
  await waitFor('gdb to write', isWriting);
  process.kill(pid, 'SIGABRT');
  const { outcomes, error } = await running;
  assert.deepEqual(
    outcomes.map(({ status, complete }) => ({ status, complete })),
    [{ status: 'ended', complete: true }],
  );
  assert.match(
    String(error?.message),
    /process .+ \(\d+\) was dumped, and has ended since: the dump took [\d.]+ s, and systemd's watchdog kills .+ after 0\.1 s/,
  );
});

test('a core that gdb was killed over is incomplete, although gcore reports success', async (t) => {
  const pid = await startBig(t);
  const plan = await prepare([String(pid)]);
  const dumpAndKill = async () => {
    const dir = newFolder(t);
    const context = triggerContext(dir);
    let hasEnded = false;
    const running = run(plan, context).finally(() => (hasEnded = true));
    const isWriting = () => readdirSync(dir).some((name) => statSync(join(dir, name)).size > 0);
    await waitFor('gdb to write', () => hasEnded || isWriting());
    killTracer(tracerOf(pid));
    const { outcomes, error } = await running;
    // Else it was done before it was killed, and has made a core.
    return outcomes[0]?.status === 'incomplete' && { exitCode: context.results[0]?.exitCode, outcomes, error };
  };
  const { exitCode, outcomes, error } = await waitFor('a gdb to be killed while it writes', dumpAndKill);
  assert.equal(exitCode, 0);
  assert.deepEqual(
    outcomes.map(({ complete }) => complete),
    [false],
  );
  assert.match(String(error?.message), /its core is incomplete: it has no ELF header/);
  await waitFor('the process to run', async () => (await stateOf(pid)) === 'S');
});

test('nothing is dumped once the rig is being ended', async (t) => {
  const dir = newFolder(t);
  const pid = await startStranger(t);
  const { outcomes } = await run(await prepare([String(pid)]), triggerContext(dir, { signal: AbortSignal.abort() }));
  assert.deepEqual(statuses(outcomes), ['failed']);
  assert.deepEqual(readdirSync(dir), []);
});

test('the reason that gdb gives is found among its warnings', () => {
  const stderr =
    'warning: target file /proc/7/cmdline contained unexpected null characters\nptrace: Operation not permitted.\nThe program is not being run.\n';
  assert.equal(findReason(stderr), 'ptrace: Operation not permitted.');
});
