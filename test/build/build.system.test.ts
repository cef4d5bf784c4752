import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newFolder } from '../support/folder.ts';

const script = fileURLToPath(new URL('../../build/build.ts', import.meta.url));
const build = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });

test('two builds of one commit give the same bytes, and the build says their size and sum', (t) => {
  const folder = newFolder(t);
  const built = ['one', 'two'].map((name) => {
    const { status, stdout, stderr } = build('--outfile', `${folder}/${name}`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^[\d.]+ MB, sha256 [0-9a-f]{64}$/m);
    return readFileSync(`${folder}/${name}`);
  });
  assert.ok(built[0]?.equals(built[1] ?? Buffer.of()));
});

test('a bad option of the build is one clear line and exit code 2', (t) => {
  for (const args of [['--nod', 'x'], ['--node', `${newFolder(t)}/none`], ['--outfile']]) {
    const { status, stderr } = build(...args);
    assert.equal(status, 2);
    assert.match(stderr, /^build: [^\n]+\n$/);
  }
});
