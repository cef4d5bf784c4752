import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { findByName, readExecutable } from '../../../src/host/processes/names.ts';
import { newFolder } from '../../support/folder.ts';
import { copySleep, end, start } from '../../support/processes.ts';

for (const name of ['rig-short', 'rig-a-name-longer-than-15-bytes', 'rig with (a) blank']) {
  test(`a process is found by its name ${JSON.stringify(name)}`, async (t) => {
    const child = await start(t, copySleep(newFolder(t), name), ['1000']);
    assert.deepEqual(
      (await findByName(name)).map(({ pid }) => pid),
      [child.pid],
    );
  });
}

test('a process is found by the full path of its program', async (t) => {
  const program = copySleep(newFolder(t), 'rig-path');
  const child = await start(t, program, ['1000']);
  assert.deepEqual(
    (await findByName(program)).map(({ pid }) => pid),
    [child.pid],
  );
});

test('a process whose program was replaced by an upgrade is still found', async (t) => {
  const program = copySleep(newFolder(t), 'rig-upgraded');
  const child = await start(t, program, ['1000']);
  rmSync(program);
  assert.equal(await readExecutable(child.pid), program);
  assert.deepEqual(
    (await findByName('rig-upgraded')).map(({ pid }) => pid),
    [child.pid],
  );
});

test('processes of one name are found oldest first', async (t) => {
  const program = copySleep(newFolder(t), 'rig-several');
  const first = await start(t, program, ['1000']);
  const second = await start(t, program, ['1000']);
  assert.deepEqual(
    (await findByName('rig-several')).map(({ pid }) => pid),
    [first.pid, second.pid],
  );
});

test('a process that has ended is not found by its name', async (t) => {
  const child = await start(t, copySleep(newFolder(t), 'rig-ended'), ['1000']);
  await end(child);
  assert.deepEqual(await findByName('rig-ended'), []);
});
