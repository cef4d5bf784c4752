import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newFolder } from '../../../support/folder.ts';
import { follow } from './following.ts';

test('a lone CR is a part of its line, CRLF is a line end', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until, source } = await follow(t, [file]);
  appendFileSync(file, 'progress 1%\rprogress 2%\nwindows\r\n\r\nlast\n');
  await until(3);
  assert.deepEqual(lines(), ['progress 1%\rprogress 2%', 'windows', 'last']);
  assert.equal(source.status()[0]?.lines, 4);
});

test('a line of 50 MB is examined in bounded memory', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { seen, until, source } = await follow(t, [file], 'needle');
  const filler = Buffer.alloc(1024 * 1024, 'x');
  const before = process.memoryUsage().rss;
  for (let count = 0; count < 50; count++) {
    if (count === 25) appendFileSync(file, 'needle');
    appendFileSync(file, filler);
  }
  appendFileSync(file, '\nneedle\n');
  await until(2);
  const grownBytes = process.memoryUsage().rss - before;
  assert.ok(grownBytes < 40 * filler.length, `grown by ${grownBytes}`);
  assert.deepEqual([seen[0]?.line.includes('needle'), seen[1]?.line], [true, 'needle']);
  // A part, what is kept of the part before, and the marks where the line goes on.
  assert.ok((seen[0]?.line.length ?? 0) <= 256 * 1024 + 64 * 1024 + 2);
  assert.equal(source.status()[0]?.lines, 2);
});

test('a million lines in one burst are all examined', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until, source } = await follow(t, [file], '99999$');
  for (let part = 0; part < 10; part++)
    appendFileSync(file, Array.from({ length: 100_000 }, (_, number) => `line ${part * 100_000 + number}\n`).join(''));
  await until(10);
  assert.equal(source.status()[0]?.lines, 1_000_000);
  assert.equal(lines().at(-1), 'line 999999');
});

test('200 files are followed at once', async (t) => {
  const folder = newFolder(t);
  const files = Array.from({ length: 200 }, (_, number) => join(folder, `${number % 20}`, `${number}.log`));
  for (let number = 0; number < 20; number++) mkdirSync(join(folder, String(number)));
  for (const file of files) writeFileSync(file, 'old\n');
  const { lines, until } = await follow(t, files);
  for (const file of files) appendFileSync(file, `${file}\n`);
  await until(200);
  assert.deepEqual(lines().sort(), [...files].sort());
});
