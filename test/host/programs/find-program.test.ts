import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCommand } from '../../../src/host/programs/find-program.ts';
import { openPlaceOf } from '../../../src/host/programs/program-path.ts';
import { newFolder } from '../../support/folder.ts';

const refusal = (message: string) => ({ name: 'RigError', message });

test('a command is found by its path and by its name', async (t) => {
  const path = join(newFolder(t), 'collect');
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
  assert.equal(await findCommand('--exec', path), path);
  assert.match(await findCommand('--exec', 'sh'), /\/sh$/);
});

test('a file that is not executable is told from a program that is not there', async (t) => {
  const path = join(newFolder(t), 'collect');
  const missing = refusal(`--exec: "${path}" is no program on this host`);
  await assert.rejects(findCommand('--exec', path), missing);
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o644 });
  const says = `--exec: "${path}" cannot be run: ${path} is not executable (chmod +x)`;
  await assert.rejects(findCommand('--exec', path), refusal(says));
  chmodSync(path, 0o755);
  await findCommand('--exec', path);
});

test('a folder is no program', async (t) => {
  const path = join(newFolder(t), 'folder');
  mkdirSync(path);
  await assert.rejects(findCommand('--exec', path), refusal(`--exec: "${path}" is no program on this host`));
});

test('what others than root can change of a program is found: itself, its folder, or where a link leads', (t) => {
  const folder = newFolder(t);
  const [program, link] = [join(folder, 'bin/collect'), join(folder, 'link')];
  mkdirSync(join(folder, 'bin'));
  writeFileSync(program, '', { mode: 0o755 });
  symlinkSync(program, link);
  assert.equal(openPlaceOf(link), undefined);
  chmodSync(program, 0o757);
  assert.equal(openPlaceOf(link), program);
  chmodSync(program, 0o755);
  chmodSync(join(folder, 'bin'), 0o777);
  assert.equal(openPlaceOf(link), join(folder, 'bin'));
  // With the sticky bit nobody can replace the program, but anybody can add one.
  chmodSync(join(folder, 'bin'), 0o1777);
  assert.equal(openPlaceOf(link), undefined);
  assert.equal(openPlaceOf(join(folder, 'bin')), join(folder, 'bin'));
});
