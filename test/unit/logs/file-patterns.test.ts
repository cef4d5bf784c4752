import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { follow, newFolder } from './following.ts';

test('files that fit a pattern are followed from their end, those that come later from their first byte', async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'a.log'), 'old\n');
  writeFileSync(join(folder, 'b.txt'), '');
  const { lines, until } = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  appendFileSync(join(folder, 'a.log'), 'one\n');
  await until(1);
  writeFileSync(join(folder, 'c.log'), 'two\n');
  appendFileSync(join(folder, 'b.txt'), 'not watched\n');
  await until(2);
  assert.deepEqual(lines(), ['one', 'two']);
});

test('a folder that comes later is searched for files that fit, too', async (t) => {
  const folder = newFolder(t);
  const { lines, until } = await follow(t, [], '.', { intervalMs: 20, patterns: [join(folder, '*/app.log')] });
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'app.log'), `in ${name}\n`);
  }
  await until(2);
  assert.deepEqual(lines().sort(), ['in one', 'in two']);
});

test('a pattern that fits rotated names as well examines every line once', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [], '.', { intervalMs: 20, patterns: [join(folder, 'app.log*')] });
  appendFileSync(file, 'one\n');
  await until(1);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'two\n');
  await until(2);
  copyFileSync(file, `${file}.2`);
  truncateSync(file);
  appendFileSync(file, '3\n');
  appendFileSync(`${file}.1`, 'four\n');
  await until(4);
  assert.deepEqual(lines().sort(), ['3', 'four', 'one', 'two']);
});

test('a file that fits a pattern, and is named as well, is examined once', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file], '.', { patterns: [file.replace('app', '*')] });
  appendFileSync(file, 'one\n');
  await until(1);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'two\n');
  await until(2);
  assert.deepEqual(lines(), ['one', 'two']);
});
