/** What is packed while somebody still writes to it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { spellNames } from '../../../src/host/trees.ts';
import { describeFiles, writeArchive } from '../../../src/rig/archive/archive.ts';

const megabyte = 2 ** 20;
const never = new AbortController().signal;

test('a file that grows, becomes shorter or vanishes while it is packed costs the archive nothing else', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'rig-archive-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'in');
  const [grows, shrinks, vanishes, fifo, whole] = ['1', '2', '3', '4', '5'].map((name) => join(folder, name));
  mkdirSync(folder);
  for (const path of [grows, shrinks, vanishes, fifo, whole] as string[]) {
    writeFileSync(path, '');
    truncateSync(path, 16 * megabyte);
  }
  const changes: string[] = [];
  const plan = { folder, partial: join(root, 'part'), path: join(root, 'out'), compression: 'none' as const };
  const writing = writeArchive(plan, never, (words) => changes.push(words));
  const written = async (bytes: number): Promise<void> => {
    while (!existsSync(plan.partial) || statSync(plan.partial).size < bytes) await nextTurn();
  };
  await written(megabyte);
  appendFileSync(grows as string, 'more');
  unlinkSync(vanishes as string);
  unlinkSync(fifo as string);
  execFileSync('mkfifo', [fifo as string]);
  await written(18 * megabyte);
  truncateSync(shrinks as string, megabyte);
  const archive = await writing;
  assert.deepEqual(changes, [
    `1 grew while the archive was written: it is cut at ${16 * megabyte} bytes`,
    '2 became shorter while the archive was written: NULs are in place of the rest',
    '3 is not in the archive: it was removed while that was written',
    '4 is not in the archive: it was removed while that was written',
  ]);
  assert.equal(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }), 'out/1\nout/2\nout/5\n');
});

test('a folder that vanishes or becomes a file while it is packed costs the archive nothing else', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'rig-archive-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'in');
  for (const name of ['gone', 'replaced']) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'file'), 'x');
  }
  writeFileSync(join(folder, '1'), '');
  truncateSync(join(folder, '1'), 16 * megabyte);
  writeFileSync(join(folder, 'whole'), 'x');
  const changes: string[] = [];
  const plan = { folder, partial: join(root, 'part'), path: join(root, 'out'), compression: 'none' as const };
  const writing = writeArchive(plan, never, (words) => changes.push(words));
  while (!existsSync(plan.partial) || statSync(plan.partial).size < megabyte) await nextTurn();
  for (const name of ['gone', 'replaced']) rmSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'replaced'), 'x');
  const archive = await writing;
  assert.deepEqual(
    changes,
    ['gone', 'replaced'].map((name) => `${name}/file is not in the archive: it was removed while that was written`),
  );
  assert.equal(execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }), 'out/1\nout/whole\n');
});

test('folders that come and go all the time cost a description of the others nothing', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'rig-archive-'));
  const busy = spawn('/bin/sh', ['-c', `cd ${root} && while :; do mkdir -p a/b/c/d; rm -rf a; done`], {
    stdio: 'ignore',
  });
  t.after(async () => {
    busy.kill('SIGKILL');
    await once(busy, 'exit');
    rmSync(root, { recursive: true });
  });
  writeFileSync(join(root, 'file'), 'x');
  for (let round = 0; round < 100; round++) {
    await spellNames(root);
    assert.deepEqual(
      (await describeFiles(root, never)).map(({ path }) => path),
      ['file'],
    );
  }
});

test('what is no regular file any more is not described', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'rig-archive-'));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, 'file'), 'x');
  execFileSync('mkfifo', [join(root, 'fifo')]);
  assert.deepEqual(
    (await describeFiles(root, never)).map(({ path }) => path),
    ['file'],
  );
});
