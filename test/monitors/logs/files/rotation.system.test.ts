import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newFolder } from '../../../support/folder.ts';
import { waitFor } from '../../../support/wait.ts';

import { follow } from './following.ts';

/** A log with a time in no line, as long as anyone could want: what only a comparison of bytes can tell apart. */
const manyLines = 'the same line every time\n'.repeat(400);

test('a file that is renamed and made again only later is read on, and then the new one from its first byte', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'a');
  const { lines, until, source } = await follow(t, [file]);
  renameSync(file, `${file}.1`);
  writeSync(writer, 'while there is no file\n');
  await until(1);
  await waitFor('the path to be seen empty', () => source.status()[0]?.state === 'waiting for the file');
  writeFileSync(file, 'new\n');
  await until(2);
  writeSync(writer, 'late\n');
  closeSync(writer);
  await until(3);
  assert.deepEqual(lines(), ['while there is no file', 'new', 'late']);
});

test('five rotations at once, each with lines in it, lose nothing', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file]);
  for (let number = 0; number < 5; number++) {
    appendFileSync(file, `line ${number}\n`);
    for (let age = 4; age > 0; age--) {
      try {
        renameSync(`${file}.${age}`, `${file}.${age + 1}`);
      } catch {
        // Not so many rotations yet.
      }
    }
    renameSync(file, `${file}.1`);
  }
  await until(5);
  assert.deepEqual(
    lines().sort(),
    [0, 1, 2, 3, 4].map((number) => `line ${number}`),
  );
});

for (const [how, first, second] of [
  ['with a date', 'app.log-20261122', 'app.log-20261123'],
  ['before the extension', 'app-20261122.log', 'app-20261123.log'],
  ['into another folder', 'old/app.log.2', 'old/app.log.1'],
] as const)
  test(`files that had the name only between two looks are found when rotated ${how}`, async (t) => {
    const folder = newFolder(t);
    mkdirSync(join(folder, 'old'));
    const file = join(folder, 'app.log');
    writeFileSync(file, '');
    const { lines, until } = await follow(t, [file]);
    appendFileSync(file, 'first\n');
    renameSync(file, join(folder, first));
    writeFileSync(file, 'second\n');
    renameSync(file, join(folder, second));
    writeFileSync(file, 'third\n');
    await until(3);
    assert.deepEqual(lines().sort(), ['first', 'second', 'third']);
  });

test('two rotations at once behind a link are found beside what it leads to', async (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'pods'));
  const [link, file] = [join(folder, 'app.log'), join(folder, 'pods/0.log')];
  writeFileSync(file, '');
  symlinkSync('pods/0.log', link);
  const { lines, until } = await follow(t, [link]);
  renameSync(file, `${file}.20261122-120000`);
  writeFileSync(file, 'second\n');
  renameSync(file, `${file}.20261122-120001`);
  writeFileSync(file, 'third\n');
  await until(2);
  assert.deepEqual(lines().sort(), ['second', 'third']);
});

test('a link that is switched to a file which is rotated away before anyone looks: its lines are read, wherever they are', async (t) => {
  const folder = newFolder(t);
  const link = join(folder, 'app.log');
  for (const pod of ['old', 'new']) mkdirSync(join(folder, pod));
  writeFileSync(join(folder, 'old/0.log'), '');
  symlinkSync('old/0.log', link);
  const { lines, until } = await follow(t, [link], '.', { intervalMs: 10 });
  const file = join(folder, 'new/0.log');
  writeFileSync(file, 'first\n');
  symlinkSync('new/0.log', `${link}.next`);
  renameSync(`${link}.next`, link);
  renameSync(file, `${file}.1`);
  // Now the link leads nowhere.
  await until(1);
  writeFileSync(file, 'second\n');
  await until(2);
  assert.deepEqual(lines(), ['first', 'second']);
});

test('a new file with the inode number and the size of the old one is new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file], '.', { intervalMs: 20, letGoAfterMs: 0 });
  const numbers = new Set<number>();
  for (let number = 1; number <= 20; number++) {
    appendFileSync(file, 'the same\n');
    await until(number);
    numbers.add(statSync(file).ino);
    rmSync(file);
    writeFileSync(file, '');
  }
  assert.equal(lines().length, 20);
});

test('a file that was rotated away is let go when it is silent and nobody can write to it, not before', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'a');
  const holder = execHolder(t, file);
  closeSync(writer);
  const { lines, source, until } = await follow(t, [file], '.', { intervalMs: 10, letGoAfterMs: 50 });
  renameSync(file, `${file}.1`);
  writeFileSync(file, '');
  await waitFor('two files to be followed', () => source.status().length === 2);
  // Far longer than it may be silent: 30 looks.
  await delay(300);
  assert.equal(source.status().length, 2, 'held open by a process that can write to it');
  appendFileSync(`${file}.1`, 'late\n');
  await until(1);
  const reader = execHolder(t, `${file}.1`, 'r');
  holder.kill();
  await waitFor('the old file to be let go', () => source.status().length === 1);
  reader.kill();
  assert.deepEqual(lines(), ['late']);
});

test('a copy of the log made at the moment of a rotation is not read as new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, manyLines);
  const { lines, until } = await follow(t, [file]);
  copyFileSync(file, `${file}.bak`);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'new\n');
  await until(1);
  await delay(50);
  assert.deepEqual(lines(), ['new']);
});

test('a copy of a log that came and was rotated away between two looks is not read as new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const { lines, until } = await follow(t, [file]);
  renameSync(file, `${file}.2`);
  writeFileSync(file, `between ${'x'.repeat(5000)}\n`);
  copyFileSync(file, `${file}.bak`);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'new\n');
  await until(2);
  await delay(50);
  assert.deepEqual(
    lines()
      .map((line) => line.split(' ')[0])
      .sort(),
    ['between', 'new'],
  );
});

test('sed -i, which renames an edited copy over the log, makes nothing old new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, `${manyLines}old\n`);
  const { lines, until } = await follow(t, [file]);
  appendFileSync(file, 'one\n');
  await until(1);
  execFileSync('sed', ['-i', '$a two', file]);
  await until(2);
  appendFileSync(file, 'three\n');
  await until(3);
  assert.deepEqual(lines(), ['one', 'two', 'three']);
});

test('a copy that was renamed over the log and rotated before rig looked is read on when its writer goes on', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, `one ${'x'.repeat(5000)}\n`);
  await following.until(1);
  copyFileSync(file, `${file}.new`);
  renameSync(`${file}.new`, file);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'two\n');
  await following.until(2);
  appendFileSync(`${file}.1`, 'three\n');
  await following.until(3);
  assert.deepEqual(following.lines().slice(1), ['two', 'three']);
});

test('the file that a link leads to is replaced in another folder: noticed at once, and not at the next look at all names', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'logs', 'app.log');
  mkdirSync(join(folder, 'logs'));
  writeFileSync(file, 'old\n');
  symlinkSync('logs/app.log', join(folder, 'app.log'));
  const following = await follow(t, [join(folder, 'app.log')], '.', { intervalMs: 60_000 });
  writeFileSync(`${file}.new`, 'one\n');
  renameSync(`${file}.new`, file);
  await following.until(1);
});

test('a log that is deleted and begun again with the same lines is new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { until } = await follow(t, [file]);
  for (let round = 1; round <= 3; round++) {
    appendFileSync(file, manyLines);
    await until(round * 400);
    // So that the deletion and the birth have different times.
    await delay(20);
    rmSync(file);
    await delay(20);
    writeFileSync(file, '');
  }
});

test('an unfinished line from before arming does not count when its file is rotated away', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old and without an end');
  const { lines, source, until } = await follow(t, [file], '.', { intervalMs: 20, letGoAfterMs: 1100 });
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'new\n');
  await until(1);
  await waitFor('the old file to be let go', () => source.status().length === 1);
  assert.deepEqual(lines(), ['new']);
});

test('a file rewritten again and again with as many bytes, faster than its times tell, is read each time', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'line 00000\n');
  const { lines, until } = await follow(t, [file]);
  for (let number = 1; number <= 100; number++) {
    writeFileSync(file, `line ${String(number).padStart(5, '0')}\n`);
    await until(number);
  }
  assert.equal(new Set(lines()).size, 100);
});

test('> file with a writer that appends goes on at the beginning', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const writer = openSync(file, 'a');
  const { lines, until } = await follow(t, [file]);
  writeSync(writer, 'before and longer\n');
  await until(1);
  execFileSync('sh', ['-c', ': > "$1"', 'sh', file]);
  writeSync(writer, 'after\n');
  closeSync(writer);
  await until(2);
  assert.deepEqual(lines(), ['before and longer', 'after']);
});

test('a truncated file that stays empty for long is followed on', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const { lines, source, until } = await follow(t, [file]);
  truncateSync(file);
  await waitFor('the truncation to be seen', () => source.status()[0]?.offset === 0);
  appendFileSync(file, 'old\n');
  await until(1);
  assert.deepEqual(lines(), ['old']);
});

test("Kubernetes' ..data: a link in a parent folder that is switched leads to the new file", async (t) => {
  const folder = newFolder(t);
  for (const version of ['..1', '..2']) mkdirSync(join(folder, version));
  writeFileSync(join(folder, '..1/app.log'), 'old\n');
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync('..data/app.log', join(folder, 'app.log'));
  const { lines, until } = await follow(t, [join(folder, 'app.log'), join(folder, '..data/app.log')]);
  appendFileSync(join(folder, '..1/app.log'), 'in 1\n');
  await until(1);
  writeFileSync(join(folder, '..2/app.log'), 'in 2\n');
  symlinkSync('..2', join(folder, '..next'));
  renameSync(join(folder, '..next'), join(folder, '..data'));
  await until(2);
  appendFileSync(join(folder, '..1/app.log'), 'late in 1\n');
  await until(3);
  assert.deepEqual(lines(), ['in 1', 'in 2', 'late in 1']);
});

test('a file replaced by a folder, and a folder replaced by a file, are waited out', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'logs/app.log');
  mkdirSync(join(folder, 'logs'));
  writeFileSync(file, '');
  const { lines, until, remarks, source } = await follow(t, [file], '.', { intervalMs: 20 });
  rmSync(file);
  mkdirSync(file);
  await waitFor('a remark', () => remarks.length > 0);
  assert.match(remarks.join(), /not a regular file/);
  rmSync(file, { recursive: true });
  writeFileSync(file, 'back\n');
  await until(1);
  rmSync(join(folder, 'logs'), { recursive: true });
  writeFileSync(join(folder, 'logs'), 'no folder\n');
  await waitFor('the file to be gone', () => source.status()[0]?.state === 'waiting for the file');
  rmSync(join(folder, 'logs'));
  symlinkSync('logs', join(folder, 'logs'));
  await delay(60);
  rmSync(join(folder, 'logs'));
  mkdirSync(join(folder, 'logs'));
  writeFileSync(file, 'again\n');
  await until(2);
  assert.deepEqual(lines(), ['back', 'again']);
});

test('more events than the kernel keeps lead to a new look, not to a loss', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, '');
  const { lines, until } = await follow(t, [file]);
  // All in one turn of this process, so that nothing is taken out of the queue: 16,384 is the kernel's limit.
  for (let count = 0; count < 9000; count++) {
    closeSync(openSync(join(folder, 'other'), 'w'));
    rmSync(join(folder, 'other'));
  }
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'unannounced\n');
  appendFileSync(`${file}.1`, 'unannounced, too\n');
  await until(2);
  assert.deepEqual(lines().sort(), ['unannounced', 'unannounced, too']);
});

/** A process that holds a file open, for appending unless told otherwise. */
function execHolder(t: TestContext, file: string, how: 'a' | 'r' = 'a') {
  const fd = openSync(file, how);
  const holder = spawn('sleep', ['60'], { stdio: ['ignore', fd, 'ignore'] });
  closeSync(fd);
  t.after(() => holder.kill('SIGKILL'));
  return holder;
}

test('a file that was last written before arming holds no new line, whatever path comes to lead to it', async (t) => {
  const folder = newFolder(t);
  const [file, old] = [join(folder, 'app.log'), join(folder, 'old')];
  writeFileSync(file, 'a\n');
  writeFileSync(old, 'old line\n');
  const before = new Date(Date.now() - 60_000);
  utimesSync(old, before, before);
  const { lines, until } = await follow(t, [file]);
  renameSync(old, file);
  await waitFor('the file to be followed', () => isOpenHere(file));
  appendFileSync(file, 'new line\n');
  await until(1);
  assert.deepEqual(lines(), ['new line']);
});

/** Whether this process has the file open. */
function isOpenHere(path: string): boolean {
  const { ino } = statSync(path);
  return readdirSync('/proc/self/fd').some(
    (fd) => statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })?.ino === ino,
  );
}

test('a file that comes and is renamed away while no file has the name, before and after, is read', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const { lines, until } = await follow(t, [file], '.', { intervalMs: 20 });
  writeFileSync(file, 'one\n');
  renameSync(file, `${file}.1`);
  await until(1);
  appendFileSync(`${file}.1`, 'two\n');
  await until(2);
  assert.deepEqual(lines(), ['one', 'two']);
});

for (const [what, earlier] of [
  ['that is not there yet', undefined],
  ['that is there already', 'rotated before\n'],
] as const)
  test(`copytruncate to a watched name ${what} makes no old line new, and loses no unread one`, async (t) => {
    const file = join(newFolder(t), 'app.log');
    writeFileSync(file, 'old\n');
    if (earlier !== undefined) writeFileSync(`${file}.1`, earlier);
    const { lines, until } = await follow(t, [file, `${file}.1`], '.', { intervalMs: 10 });
    appendFileSync(file, 'read\n');
    await until(1);
    appendFileSync(file, 'unread\n');
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
    await until(2);
    for (let rotation = 1; rotation <= 3; rotation++) {
      appendFileSync(file, `${rotation}\n`);
      await until(2 + rotation);
      copyFileSync(file, `${file}.1`);
      truncateSync(file);
    }
    appendFileSync(file, 'last\n');
    await until(6);
    assert.deepEqual(lines(), ['read', 'unread', '1', '2', '3', 'last']);
  });

test('a copy at a watched name that is looked at before the log is truncated, and while it grows, holds nothing new', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n'.repeat(5000));
  const { lines, until, source } = await follow(t, [file, `${file}.1`], '.', { intervalMs: 10 });
  const copied = () => Number(source.status().find((each) => each.source === `${file}.1`)?.offset ?? -1);
  for (const part of ['', 'old\n'.repeat(100), 'old\n'.repeat(4900)]) {
    appendFileSync(`${file}.1`, part);
    await waitFor('the copy to be looked at', () => copied() === statSync(`${file}.1`).size);
  }
  truncateSync(file);
  appendFileSync(file, 'new\n');
  await until(1);
  appendFileSync(`${file}.1`, 'appended\n');
  await until(2);
  assert.deepEqual(lines(), ['new', 'appended']);
});

test('logrotate with copytruncate, and all rotated names watched: every line is examined once', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const written: string[] = [];
  const write = (): void => {
    for (let count = 0; count < 300; count++) {
      written.push(`line ${written.length}`);
      appendFileSync(file, `${written.at(-1)}\n`);
    }
  };
  writeFileSync(file, '');
  const following = await follow(t, [1, 2, 3].map((age) => `${file}.${age}`).concat(file), '.', { intervalMs: 10 });
  for (let rotation = 0; rotation < 6; rotation++) {
    write();
    if (rotation % 2 === 0) await following.until(written.length);
    for (const age of [2, 1]) if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`);
    copyFileSync(file, `${file}.1`);
    if (rotation % 3 === 0) await following.until(written.length);
    truncateSync(file);
    await following.until(written.length);
  }
  write();
  await following.until(written.length);
  assert.deepEqual(following.lines(), written);
});

test('a new file at a watched rotated name that is no copy is new from its first byte', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'one\ntwo\n');
  const { lines, until } = await follow(t, [file, `${file}.1`], '.', { intervalMs: 10 });
  writeFileSync(`${file}.1`, 'one\nother\n');
  await until(2);
  assert.deepEqual(lines(), ['one', 'other']);
});
