/** Logs with holes: a writer without O_APPEND that goes on where it was after the log was truncated (copytruncate). */
import assert from 'node:assert/strict';
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { countsBlocks } from '../../../../src/host/file-systems.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { newFolder } from '../../../support/folder.ts';
import { type Following, follow } from './following.ts';

const [mebibyte, gibibyte, terabyte] = [2 ** 20, 2 ** 30, 1e12];

/** Follows a log that a program writes to where it wants. */
async function followWriter(t: TestContext, expression = '^.*$') {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'w');
  t.after(() => closeSync(writer));
  const following = await follow(t, [file], expression);
  return { file, following, write: (text: string, at: number) => writeSync(writer, text, at) };
}

const certificateOf = ({ source }: Following) =>
  source.status()[0] as unknown as { coverage: string; gaps: Gap[]; offset: number };

test('a line behind a hole of any size is found, and the hole is known to be empty', async (t) => {
  for (const size of [3 * mebibyte, 100 * mebibyte, gibibyte + 1, 10 * gibibyte + 4095, terabyte, 15 * terabyte]) {
    const { file, following, write } = await followWriter(t);
    write('before\n', 0);
    await following.until(1);
    truncateSync(file);
    write('after\n', size);
    await following.until(2);
    write('later\n', size + 6);
    await following.until(3);
    assert.deepEqual(following.lines(), ['before', 'after', 'later']);
    assert.deepEqual(following.seen.at(-1)?.position, { ...following.seen[0]?.position, offset: size + 6 });
    // Elsewhere nobody knows: btrfs compresses, FUSE says what it likes.
    if (countsBlocks(file)) assert.deepEqual(certificateOf(following).gaps, []);
  }
});

test('the lines before a hole are found, and what comes behind it; that it was passed over is a gap', async (t) => {
  const { following, write } = await followWriter(t);
  write(`${'one\n'.repeat(100_000)}unfinished`, 0);
  write('two\n', terabyte);
  await following.until(100_002);
  assert.equal(following.lines().at(-1), 'two');
  write('three\nfour\n', 2 * terabyte);
  await following.until(100_004);
  assert.deepEqual(following.lines().slice(-2), ['three', 'four']);
  const [gap] = certificateOf(following).gaps;
  assert.match(gap?.cause ?? '', /^a hole was passed over/);
});

test('a line in the midst of a hole, where nobody can find it, is a gap', async (t) => {
  const { following, write } = await followWriter(t);
  write('in the midst\n', 0.3 * terabyte);
  write('behind\n', terabyte);
  await following.until(1);
  assert.deepEqual(following.lines(), ['behind']);
  assert.equal(certificateOf(following).coverage, 'gaps');
});

test('the lines around a trigger have nothing of the hole before them', async (t) => {
  const { following, write } = await followWriter(t, 'boom');
  write('one\ntwo\nboom\n', terabyte);
  await following.until(1);
  const [excerpt] = await following.source.context(following.seen[0]?.position);
  excerpt?.close?.();
  assert.equal(excerpt?.text.toString(), 'one\ntwo\nboom\n');
  assert.equal(excerpt?.triggerAt, 8);
});
