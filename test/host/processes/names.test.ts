import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findByName, findScript, ProcessFinder, readExecutable } from '../../../src/host/processes/names.ts';
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

for (const [what, command, script] of [
  ['that env has found an interpreter for', 'python3 /opt/x.py', '/opt/x.py'],
  ['after options', '/usr/bin/python3.11 -u -X dev -Werror x.py serve', 'x.py'],
  ['that is a module', 'python3 -m http.server 8000', 'http.server'],
  ['of a shell', 'bash -e -o pipefail deploy.sh nginx', 'deploy.sh'],
  ['of Node', 'node --inspect -r dotenv/config app.js', 'app.js'],
  ['that is a JAR file', 'java -Xmx64m -jar app.jar --port=1', 'app.jar'],
  ['that is a class', 'java -cp a.jar:b.jar com.example.Main', 'com.example.Main'],
  ['of Perl', 'perl -w -I /opt/lib x.pl', 'x.pl'],
] as const)
  test(`a script has a name: one ${what}`, () => {
    const words = command.split(' ');
    assert.equal(findScript(words[0] ?? '', words), script);
  });

test('the script of a shell that is busybox has a name', () => {
  assert.equal(findScript('/bin/busybox', ['sh', 'x.sh']), 'x.sh');
});

test('the file that a program works on is no name of it', () => {
  for (const command of ['vi x.py', 'tail -F mysqld', 'python3 -i', 'pythonista x.py'])
    assert.equal(findScript('', command.split(' ')), undefined, command);
});

test('what a shell was given to run is no script', () => {
  assert.equal(findScript('/bin/sh', ['sh', '-c', 'cd / && rig logs -m x --gcore /opt/x.py']), undefined);
});

test('a script is found by its name, with and without its folder, when env has found its interpreter', async (t) => {
  const path = join(newFolder(t), 'rig-script.sh');
  writeFileSync(path, '#!/usr/bin/env sh\nread _\n', { mode: 0o755 });
  const { pid } = await start(t, path, []);
  await waitFor('env to become the shell', async () => (await mustRead(pid)).comm === 'sh');
  for (const name of ['rig-script.sh', path])
    assert.deepEqual(
      (await findByName(name)).map((found) => found.pid),
      [pid],
    );
});
