import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCommand } from '../../../src/host/programs/find-program.ts';
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
