import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import {
  findByName,
  hasMemory,
  readExecutable,
  readProcess,
  readProcessStatus,
  readVariable,
  startedAtMs,
  startToleranceMs,
} from '../../src/host/processes.ts';
import { copySleep, end, makeFolder, mustRead, start } from '../support/processes.ts';
import { waitFor } from '../support/wait.ts';

for (const name of ['rig-short', 'rig-a-name-longer-than-15-bytes', 'rig with (a) blank']) {
  test(`a process is found by its name ${JSON.stringify(name)}`, async (t) => {
    const child = await start(t, copySleep(makeFolder(t), name), ['1000']);
    assert.deepEqual(
      (await findByName(name)).map(({ pid }) => pid),
      [child.pid],
    );
  });
}

test('a process is found by the full path of its program', async (t) => {
  const program = copySleep(makeFolder(t), 'rig-path');
  const child = await start(t, program, ['1000']);
  assert.deepEqual(
    (await findByName(program)).map(({ pid }) => pid),
    [child.pid],
  );
});

test('a process whose program was replaced by an upgrade is still found', async (t) => {
  const program = copySleep(makeFolder(t), 'rig-upgraded');
  const child = await start(t, program, ['1000']);
  rmSync(program);
  assert.equal(await readExecutable(child.pid), program);
  assert.deepEqual(
    (await findByName('rig-upgraded')).map(({ pid }) => pid),
    [child.pid],
  );
});

test('processes of one name are found oldest first', async (t) => {
  const program = copySleep(makeFolder(t), 'rig-several');
  const first = await start(t, program, ['1000']);
  const second = await start(t, program, ['1000']);
  assert.deepEqual(
    (await findByName('rig-several')).map(({ pid }) => pid),
    [first.pid, second.pid],
  );
});

test('a process that has ended is not found by its name', async (t) => {
  const child = await start(t, copySleep(makeFolder(t), 'rig-ended'), ['1000']);
  await end(child);
  assert.deepEqual(await findByName('rig-ended'), []);
});

/**
 * A shell that becomes a shell, again and again: /proc has no environment of a process while execve(2) is at work. It comes to an
 * end also where nobody ends it.
 */
const restless = '[ "$1" = 100000 ] || exec /bin/sh -c "$0" "$0" $(($1 + 1))';

test('what a process was started with is known also in the moment in which it gets another program', async (t) => {
  const { pid } = await start(t, 'env', ['RIG_RESTLESS=yes', '/bin/sh', '-c', restless, restless, '0']);
  await waitFor('the shell to run', async () => (await readProcess(pid))?.comm === 'sh');
  for (let look = 1; look <= 1000; look++) assert.equal(await readVariable(pid, 'RIG_RESTLESS'), 'yes', `look ${look}`);
});

test('a process has memory until it ends', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.equal(hasMemory(child.pid), true);
  await end(child);
  assert.equal(hasMemory(child.pid), false);
});

test('the start of a process lies between the moments before and after it was started', async (t) => {
  const beforeMs = Date.now();
  const child = await start(t, '/bin/sleep', ['1000']);
  const afterMs = Date.now();
  const stat = await mustRead(child.pid);
  // This process may stand still between the two clocks that are read, and then the other one looks older.
  const startedMs = await waitFor('the start to be told without a delay', async () => {
    const askedAtMs = performance.now();
    const toldMs = await startedAtMs(stat);
    return performance.now() - askedAtMs < 5 && toldMs;
  });
  assert.ok(startedMs >= beforeMs - startToleranceMs, `${startedMs} is before ${beforeMs}`);
  assert.ok(startedMs <= afterMs + startToleranceMs, `${startedMs} is after ${afterMs}`);
});

test('a process that nobody debugs has no tracer and leads its own threads', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.deepEqual(await readProcessStatus(child.pid), { threadGroup: child.pid, tracer: 0 });
});

test('a process that does not exist has no status', async () => {
  assert.equal(await readProcessStatus(4_194_304), undefined);
});
