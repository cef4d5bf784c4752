/** What is packed while somebody still writes to it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
