import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { prepareTargets } from '../../src/actions/gcore/targets.ts';
import { tracerOf } from '../../src/host/processes/status.ts';
import { asking } from '../support/contexts.ts';
import { newFolder } from '../support/folder.ts';
import { copySleep, mustRead, seen, start, startStranger } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

const usage = (message: RegExp) => ({ name: 'UsageError', message });

const refused: Array<[string, string[], RegExp]> = [
  ['an empty value', [''], /empty/],
  ['an empty value among others', ['rig-nobody', ''], /empty/],
  ['PID 0', ['0'], /expected a PID from 1/],
  ['a negative PID', ['-5'], /expected a PID from 1/],
  ['a PID with a plus sign', ['+1'], /expected a PID from 1/],
  ['a PID with a leading zero', ['01'], /expected a PID from 1/],
  ["a PID above the kernel's limit", ['4194305'], /expected a PID from 1/],
  ['a PID that does not exist', ['4194304'], /there is no process 4194304/],
  ["rig's own PID", [String(process.pid)], /is rig itself/],
  ['an unknown @ word', ['@line'], /"@line" is unknown: there are @match and @monitor/],
];

for (const [name, values, message] of refused) {
  test(`${name} is refused`, async () => {
    await assert.rejects(prepareTargets(values, false, asking()), usage(message));
  });
}

test('a PID is pinned by its start time', async (t) => {
  const pid = await startStranger(t);
  const { startTime } = await mustRead(pid);
  assert.deepEqual(await prepareTargets([String(pid)], false, asking()), [
    { kind: 'pid', pid, startTime, comm: 'sleep' },
  ]);
});

test('a value given twice is one target', async (t) => {
  const pid = String(await startStranger(t));
  assert.equal((await prepareTargets([pid, pid], false, asking())).length, 1);
});

test('the id of a thread is refused, with the PID that was meant', async () => {
  const thread = readdirSync(`/proc/${process.pid}/task`).find((id) => id !== String(process.pid));
  assert.ok(thread);
  await assert.rejects(
    prepareTargets([thread], false, asking()),
    usage(new RegExp(`thread of process ${process.pid}`)),
  );
});

const [kernelThread] = spawnSync('ps', ['-o', 'pid=', '--ppid', '2'], { encoding: 'utf8' }).stdout.trim().split(/\s+/);

test('a kernel thread is refused', async () => {
  assert.ok(kernelThread);
  await assert.rejects(prepareTargets([kernelThread], false, asking()), usage(/kernel thread/));
});

test('a zombie is refused', async (t) => {
  // The child ends when exec has made a program of its parent that waits for none.
  const child = '(while [ "$(</proc/$$/comm)" = bash ]; do :; done)';
  const parent = await start(t, 'bash', ['-c', `${child} & echo $!; exec sleep 1000`]);
  let said = '';
  parent.stdout?.on('data', (chunk) => (said += chunk));
  await waitFor('the zombie', async () => (await seen(Number(said.trim() || 0)))?.state === 'Z');
  await assert.rejects(prepareTargets([said.trim()], false, asking()), usage(/already ended/));
});

test('a traced process is remarked on', async (t) => {
  const pid = await startStranger(t);
  const gdb = await start(t, 'gdb', ['--nx', '--batch', '-ex', `attach ${pid}`, '-ex', 'shell sleep 1000']);
  await waitFor('gdb to attach', async () => tracerOf(pid) === gdb.pid);
  const ask = asking();
  await prepareTargets([String(pid)], false, ask);
  assert.match(ask.remarks.join(), new RegExp(`traced by process ${gdb.pid}`));
});

test('a name that several processes have is refused, with their PIDs', async (t) => {
  const program = copySleep(newFolder(t), 'rig-twice');
  const pids = [await startStranger(t, program), await startStranger(t, program)];
  await assert.rejects(
    prepareTargets(['rig-twice'], false, asking()),
    usage(new RegExp(`2 processes .*: ${pids.join(' ')};`)),
  );
});

test('a name that several processes have is taken with --gcore-all-pids', async (t) => {
  const program = copySleep(newFolder(t), 'rig-both');
  await startStranger(t, program);
  await startStranger(t, program);
  assert.deepEqual(await prepareTargets(['rig-both'], true, asking()), [{ kind: 'name', name: 'rig-both' }]);
});

test('a name that no process has is taken with a remark', async () => {
  const ask = asking();
  assert.deepEqual(await prepareTargets(['rig-nobody'], false, ask), [{ kind: 'name', name: 'rig-nobody' }]);
  assert.match(ask.remarks.join(), /no process is named rig-nobody now/);
});

for (const [word, gives, needs] of [
  ['@match', 'process', /@match needs a trigger that names a process/],
  ['@monitor', 'processes', /@monitor needs a monitor that watches processes/],
] as const) {
  test(`${word} is refused where the monitors give no such process`, async () => {
    const other = gives === 'process' ? 'processes' : 'process';
    await assert.rejects(prepareTargets([word], false, asking({ gives: [other] })), usage(needs));
  });

  test(`${word} is taken where the monitors give one`, async () => {
    assert.deepEqual(await prepareTargets([word], false, asking({ gives: [gives] })), [{ kind: word.slice(1) }]);
  });
}

test('a process name in a message cannot act on the terminal', async () => {
  const ask = asking();
  await prepareTargets(['a\u001b[31m'], false, ask);
  assert.ok(!ask.remarks.join().includes('\u001b'));
});
