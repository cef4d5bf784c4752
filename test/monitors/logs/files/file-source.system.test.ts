import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder } from '../../../support/folder.ts';
import { follow } from './following.ts';

test('only lines written after arming are examined', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old 1\nold 2\n');
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'new 1\nnew 2\n');
  await until(2);
  assert.deepEqual(lines(), ['new 1', 'new 2']);
});

test('a line that was unfinished at arming is examined as a whole when it is completed', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\nbegun ');
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'and done\n');
  await until(1);
  assert.deepEqual(lines(), ['begun and done']);
});

test('a line written in pieces is examined once, when its newline has come', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, source, until } = await follow(t, [file]);
  for (const piece of ['one ', 'li', 'ne\nan', 'other']) {
    appendFileSync(file, piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(1);
  assert.deepEqual(lines(), ['one line']);
  appendFileSync(file, '\n');
  await until(2);
  assert.deepEqual(lines(), ['one line', 'another']);
  assert.equal(source.status()[0]?.lines, 2);
});

test('a file renamed away is read on beside the new one of its name', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'a');
  const { lines, until } = await follow(t, [file]);
  writeSync(writer, 'before\n');
  renameSync(file, `${file}.1`);
  writeSync(writer, 'late\n');
  writeFileSync(file, 'new\n');
  writeSync(writer, 'later\n');
  await until(4);
  appendFileSync(file, 'newer\n');
  writeSync(writer, 'latest\n');
  closeSync(writer);
  await until(6);
  assert.deepEqual(lines().sort(), ['before', 'late', 'later', 'latest', 'new', 'newer']);
});

test('files that had the name only between two looks are read too', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'first\n');
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'second\n');
  renameSync(`${file}.1`, `${file}.2`);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'third\n');
  await until(3);
  assert.deepEqual(lines().sort(), ['first', 'second', 'third']);
});

test('an unfinished last line counts when its file is rotated away, and not again when it is completed', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'no newline');
  renameSync(file, `${file}.1`);
  writeFileSync(file, '');
  await until(1);
  assert.deepEqual(lines(), ['no newline']);
  appendFileSync(`${file}.1`, ' yet\nend\n');
  await until(2);
  assert.deepEqual(lines(), ['no newline', 'end']);
});

test('a file that was copied and truncated is read from its beginning again', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n'.repeat(100));
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'before\n');
  await until(1);
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  appendFileSync(file, 'after\n');
  await until(2);
  assert.deepEqual(lines(), ['before', 'after']);
});

test('a file rewritten to more than its former size is read from its beginning again', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n'.repeat(10));
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'before\n');
  await until(1);
  writeFileSync(file, `after\n${'more\n'.repeat(20)}`);
  await until(22);
  assert.deepEqual(lines().slice(0, 3), ['before', 'after', 'more']);
});

test('the hole that a writer leaves after a truncation is skipped', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'w');
  const { lines, until } = await follow(t, [file], '^.*$');
  writeSync(writer, `${'x'.repeat(600_000)}\n`);
  await until(1);
  truncateSync(file);
  writeSync(writer, 'after the hole\n');
  closeSync(writer);
  await until(2);
  assert.equal(lines()[1], 'after the hole');
});

test('a file that appears later is read from its first byte', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const { lines, until } = await follow(t, [file]);
  writeFileSync(file, 'first\n');
  await until(1);
  assert.deepEqual(lines(), ['first']);
});

test('a file that appears later in a folder that appears later is read from its first byte', async (t) => {
  const folder = join(newFolder(t), 'later');
  const { lines, until } = await follow(t, [join(folder, 'app.log')]);
  mkdirSync(folder);
  writeFileSync(join(folder, 'app.log'), 'first\n');
  await until(1);
  assert.deepEqual(lines(), ['first']);
});

test('a file and its folder that are deleted and made again are followed again', async (t) => {
  const folder = join(newFolder(t), 'logs');
  const file = join(folder, 'app.log');
  mkdirSync(folder);
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'before\n');
  await until(1);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(file, 'after\n');
  await until(2);
  assert.deepEqual(lines(), ['before', 'after']);
});

test('a symbolic link that is switched is followed to its new target', async (t) => {
  const folder = newFolder(t);
  const [link, next] = [join(folder, 'current.log'), join(folder, 'next')];
  writeFileSync(join(folder, 'a'), 'old\n');
  symlinkSync('a', link);
  const { lines, until } = await follow(t, [link]);
  appendFileSync(join(folder, 'a'), 'in a\n');
  await until(1);
  writeFileSync(join(folder, 'b'), 'in b\n');
  symlinkSync('b', next);
  renameSync(next, link);
  await until(2);
  assert.deepEqual(lines(), ['in a', 'in b']);
});

test('a file that is rotated to a name that is watched as well is examined once', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file, `${file}.1`]);
  appendFileSync(file, 'one\n');
  await until(1);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'two\n');
  await until(2);
  appendFileSync(`${file}.1`, 'three\n');
  await until(3);
  assert.deepEqual(lines(), ['one', 'two', 'three']);
});

test('a line much longer than a slice is found once, wherever the match stands', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { seen, until } = await follow(t, [file], '^start|needle|end$');
  const filler = 'x'.repeat(300_000);
  appendFileSync(file, `${filler}${filler}needle${filler}needle\n`);
  appendFileSync(file, `start${filler}${filler}\n`);
  appendFileSync(file, `${filler}start${filler}end${filler}\n`);
  appendFileSync(file, `${filler}${filler}end\n`);
  appendFileSync(file, 'needle after\n');
  await until(4);
  const starts = [0, 900_013, 1_500_019 + 900_009, 1_500_019 + 900_009 + 600_004];
  assert.deepEqual(
    seen.map(({ position }) => 'offset' in position && position.offset),
    starts,
  );
});

test('a match across the border of two slices is found', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { until } = await follow(t, [file], 'needle');
  for (let shift = 0; shift < 8; shift++) {
    const filler = 'x'.repeat(256 * 1024 - shift);
    appendFileSync(file, `${filler}needle${filler}\n`);
    await until(shift + 1);
  }
});

test('invalid UTF-8, NUL bytes and CRLF do not disturb what follows', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file], 'line$');
  appendFileSync(file, Buffer.from('\xff\xfe bad\x00 line\r\n\xc3\nlast line\r\n', 'latin1'));
  await until(2);
  assert.equal(lines()[1], 'last line');
});

test('a file of a burst does not keep the others waiting', async (t) => {
  const folder = newFolder(t);
  const [big, small] = [join(folder, 'big'), join(folder, 'small')];
  writeFileSync(big, '');
  writeFileSync(small, '');
  const { seen, until } = await follow(t, [big, small], 'needle');
  appendFileSync(big, `${'filler line\n'.repeat(2_000_000)}needle\n`);
  appendFileSync(small, 'needle\n');
  await until(2);
  assert.equal(seen[0]?.source, small);
});
