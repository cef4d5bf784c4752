import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findByName, ProcessFinder, readExecutable } from '../../../src/host/processes/names.ts';
import { newFolder } from '../../support/folder.ts';
import { copySleep, end, mustRead, start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

/** A copy of the shell under another name. */
function copyShell(folder: string, name: string): string {
  const path = join(folder, name);
  copyFileSync('/bin/sh', path);
  return path;
}

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

test('a process is found by what it was called by, with and without its folder', async (t) => {
  const child = await start(t, 'bash', ['-c', 'exec -a /nowhere/rig-alias sleep 1000']);
  await waitFor('bash to become sleep', async () => (await mustRead(child.pid)).comm === 'sleep');
  for (const name of ['rig-alias', '/nowhere/rig-alias'])
    assert.deepEqual(
      (await findByName(name)).map(({ pid }) => pid),
      [child.pid],
      name,
    );
});

test('a process that has renamed itself is found by its old name and by its new one', async (t) => {
  const shell = await start(t, copyShell(newFolder(t), 'rig-shell'), [
    '-c',
    'printf rig-renamed > /proc/$$/comm; read _',
  ]);
  await waitFor('the shell to rename itself', async () => (await mustRead(shell.pid)).comm === 'rig-renamed');
  for (const name of ['rig-shell', 'rig-renamed'])
    assert.deepEqual(
      (await findByName(name)).map(({ pid }) => pid),
      [shell.pid],
      name,
    );
});

test('a finder that knows a process finds it again when it has become another program', async (t) => {
  const next = copySleep(newFolder(t), 'rig-next-program');
  const child = await start(t, 'sh', ['-c', 'read _; exec "$0" 1000', next]);
  const finder = new ProcessFinder();
  assert.deepEqual(await finder.find('rig-next-program'), []);
  child.stdin?.write('\n');
  await waitFor('it to be found', async () => (await finder.find('rig-next-program'))[0]?.pid === child.pid);
});

for (const name of ['rig-zombie', 'rig-zombie-with-a-name-longer-than-15-bytes'])
  test(`a zombie is found by its name ${name} by who asks for zombies, whether or not it was seen alive`, async (t) => {
    const program = copySleep(newFolder(t), name);
    // The shell becomes a program that never collects its children.
    const parent = await start(t, 'sh', ['-c', '"$0" 1000 & exec sleep 1000', program]);
    const finder = new ProcessFinder();
    const [alive] = await waitFor('the child', async () => {
      const found = await finder.find(name);
      return found.length > 0 && found;
    });
    assert.equal(alive?.parentPid, parent.pid);
    process.kill(alive.pid, 'SIGKILL');
    await waitFor('the child to end', async () => (await mustRead(alive.pid)).state === 'Z');
    for (const each of [finder, new ProcessFinder()])
      assert.deepEqual(
        (await each.find(name, { zombies: true })).map(({ pid, state }) => ({ pid, state })),
        [{ pid: alive.pid, state: 'Z' }],
      );
    assert.deepEqual(await finder.find(name), []);
  });
