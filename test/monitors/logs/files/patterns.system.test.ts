import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { newFolder } from '../../../support/folder.ts';
import { waitFor } from '../../../support/wait.ts';
import { type Following, follow, standStill, whileRigLooks } from './following.ts';

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

test('a file whose name looks like a rotation of another, and is none, is followed when it comes', async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'app.log'), 'old\n');
  const { lines, until } = await follow(t, [], '.', { intervalMs: 20, patterns: [join(folder, '*.log')] });
  writeFileSync(join(folder, 'app-2.log'), 'of the second\n');
  await until(1);
  appendFileSync(join(folder, 'app.log'), 'one\n');
  await until(2);
  renameSync(join(folder, 'app.log'), join(folder, 'app-20261122.log'));
  writeFileSync(join(folder, 'app.log'), 'two\n');
  await until(3);
  appendFileSync(join(folder, 'app-20261122.log'), 'late\n');
  copyFileSync(join(folder, 'app.log'), join(folder, 'app-20261123.log'));
  truncateSync(join(folder, 'app.log'));
  appendFileSync(join(folder, 'app.log'), 'three\n');
  await until(5);
  assert.deepEqual(lines().sort(), ['late', 'of the second', 'one', 'three', 'two']);
});

test('a dated copy (copytruncate with dateext and extension) that fits the pattern holds nothing new, another log does', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, 'starting\nold\n');
  const { lines, until, source } = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, '*.log')] });
  const copy = join(folder, 'app-20261123.log');
  copyFileSync(file, copy);
  await waitFor('the copy to be looked at', () => source.status().some((each) => each.source === copy && each.inode));
  writeFileSync(join(folder, 'app-2.log'), 'starting\n');
  await until(1);
  truncateSync(file);
  appendFileSync(file, 'new\n');
  await until(2);
  assert.deepEqual(lines(), ['starting', 'new']);
});

test('hundreds of files that come at once do not hold up everything else until the last of them is followed', async (t) => {
  const folder = newFolder(t);
  const { seen, source, until } = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  for (let number = 0; number < 600; number++) writeFileSync(join(folder, `${number}.log`), 'one\n');
  while (seen.length === 0) await new Promise(setImmediate);
  assert.ok(source.status().length - 1 < 600, 'lines are read while others are still to be opened');
  await until(600);
});

test('of hundreds of files, the lines around a trigger are kept of the one that triggered and those that grew last', async (t) => {
  const folder = newFolder(t);
  for (let number = 0; number < 300; number++) writeFileSync(join(folder, `${number}.log`), 'old\n');
  const { seen, source, remarks, until } = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  appendFileSync(join(folder, '250.log'), 'first\n');
  await until(1);
  const later = Array.from({ length: 100 }, (_, number) => join(folder, `${number + 100}.log`));
  await whileRigLooks(1);
  for (const path of later) appendFileSync(path, 'later\n');
  await until(101);
  const kept = await source.context(seen[0]?.position);
  for (const { close } of kept) close?.();
  const [first, ...others] = kept.map((each) => each.source);
  assert.equal(first, join(folder, '250.log'));
  assert.equal(others.length, 99);
  assert.deepEqual(new Set(others).difference(new Set(later)), new Set());
  assert.match(remarks.join(), /of 300 log files the lines around the trigger are kept of the 100 that grew last/);
});

/** What is said of the pattern itself, beside the files that fit. */
const certificateOf = ({ source }: Following) =>
  source.status().at(-1) as unknown as { source: string; state: string; coverage: string; gaps: Gap[]; examined: [] };

test('of a pattern it is said how many files fit, and that none has come and gone', async (t) => {
  const folder = newFolder(t);
  const pattern = join(folder, '*.log');
  const following = await follow(t, [], '.', { patterns: [pattern] });
  const { source, state, coverage } = certificateOf(following);
  assert.deepEqual([source, state, coverage], [pattern, 'waiting for files that fit', 'no gap']);
  writeFileSync(join(folder, 'a.log'), 'one\n');
  await following.until(1);
  assert.equal(certificateOf(following).state, 'files that fit: 1');
  assert.equal(certificateOf(following).coverage, 'no gap');
});

test('a file that fits a pattern, and came and went before anyone looked, makes "no gap" a claim that is not made', async (t) => {
  const folder = newFolder(t);
  const following = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  writeFileSync(join(folder, 'a.txt'), '');
  rmSync(join(folder, 'a.txt'));
  writeFileSync(join(folder, 'b.log'), 'one\n');
  await following.until(1);
  assert.equal(certificateOf(following).coverage, 'no gap');
  writeFileSync(join(folder, 'a.log'), 'never seen\n');
  rmSync(join(folder, 'a.log'));
  await waitFor('the doubt', () => /a file that fits came and went/.test(certificateOf(following).coverage));
});

for (const [what, pattern, log, next] of [
  ['winston', 'app-*', 'app-2026-11-30.log', 'app-2026-11-30.log.1'],
  ['Samba', 'log.*', 'log.pc', 'log.pc-2'],
  ['a numbered host', 'db*', 'db', 'db-01'],
  ['log4j', 'app*', 'app.log', 'app.log.2026-11-30'],
  ['pm2', '*.log', 'app-out.log', 'app-out__2026-11-30.log'],
  ['PostgreSQL', '*.log', 'postgresql.log', 'postgresql-20261130.log'],
  ['Tomcat', 'catalina*', 'catalina.log', 'catalina.2026-11-30.log'],
] as const)
  test(`a new log that is called like a rotation of another is read from its first byte (${what}: ${next})`, async (t) => {
    const folder = newFolder(t);
    writeFileSync(join(folder, log), 'old\n');
    const { lines, until } = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, pattern)] });
    appendFileSync(join(folder, log), 'one\n');
    await until(1);
    // Longer than the times of files lag behind the clock.
    standStill(100);
    writeFileSync(join(folder, next), 'two\n');
    await until(2);
    appendFileSync(join(folder, next), 'three\n');
    appendFileSync(join(folder, log), 'late\n');
    await until(4);
    assert.deepEqual(lines().sort(), ['late', 'one', 'three', 'two']);
  });

test('a log that is being unpacked is nothing new', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'app.log');
  writeFileSync(file, 'old\n');
  writeFileSync(`${file}.2.gz`, '');
  const { lines, until } = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, 'app*')] });
  // Longer than the times of files lag behind the clock.
  standStill(100);
  writeFileSync(`${file}.2`, 'older\n');
  writeFileSync(`${file}.3`, 'one\n');
  await until(1);
  appendFileSync(file, 'two\n');
  await until(2);
  assert.deepEqual(lines(), ['one', 'two']);
});

test('what is older than its name is nothing new: a chain of rotations, cp -p, a log that comes from elsewhere', async (t) => {
  const [folder, other] = [newFolder(t), newFolder(t)];
  const file = join(folder, 'app.log');
  writeFileSync(file, 'old\n');
  writeFileSync(`${file}.1`, 'older\n');
  writeFileSync(join(other, 'x'), 'from elsewhere\n');
  // Longer than the times of files lag behind the clock.
  standStill(100);
  const { lines, until } = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, 'app*')] });
  renameSync(`${file}.1`, `${file}.2`);
  cpSync(`${file}.2`, `${file}.3`, { preserveTimestamps: true });
  renameSync(join(other, 'x'), `${file}.4`);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'one\n');
  await until(1);
  appendFileSync(`${file}.1`, 'late\n');
  await until(2);
  assert.deepEqual(lines().sort(), ['late', 'one']);
});

for (const isLarge of [false, true])
  test(`a copy that is made beside a log, piece by piece (copytruncate), repeats nothing: ${isLarge ? 'large' : 'small'}`, async (t) => {
    const folder = newFolder(t);
    const file = join(folder, 'app.log');
    writeFileSync(file, 'old\n');
    const { lines, until, source } = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, 'app*')] });
    const first = Array.from({ length: isLarge ? 5000 : 5 }, (_, number) => `line ${number}`);
    appendFileSync(file, `${first.join('\n')}\n`);
    await until(first.length);
    const content = readFileSync(file);
    const half = Math.floor(content.length / 2);
    writeFileSync(`${file}.1`, content.subarray(0, half));
    await waitFor('the copy to be looked at', () =>
      source.status().some((each) => each.source === `${file}.1` && each.inode),
    );
    appendFileSync(`${file}.1`, content.subarray(half));
    truncateSync(file);
    appendFileSync(file, 'next\n');
    await until(first.length + 1);
    appendFileSync(file, 'last\n');
    await until(first.length + 2);
    assert.deepEqual(lines(), [...first, 'next', 'last']);
  });

test('of a pattern of folders, and of a folder that was replaced, "no gap" is not claimed', async (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'logs'));
  const deep = await follow(t, [], '.', { patterns: [join(folder, '*/app.log')] });
  assert.match(certificateOf(deep).coverage, /^no gap known: folders that fit are only looked at now and then/);
  const flat = await follow(t, [], '.', { intervalMs: 10, patterns: [join(folder, 'logs/*.log')] });
  assert.equal(certificateOf(flat).coverage, 'no gap');
  renameSync(join(folder, 'logs'), join(folder, 'former'));
  mkdirSync(join(folder, 'logs'));
  await waitFor('the doubt', () => /its folder was gone for a time/.test(certificateOf(flat).coverage));
  writeFileSync(join(folder, 'logs/a.log'), 'one\n');
  await flat.until(1);
});

test('what was noted of a file that fitted stays when its name is forgotten', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'a.log');
  writeFileSync(file, '');
  const patterns = [join(folder, '*.log')];
  const following = await follow(t, [], '.', { intervalMs: 5, letGoAfterMs: 5, patterns });
  appendFileSync(file, 'Nov 25 10:00:00 web01 kernel: net_ratelimit: 7 callbacks suppressed\n');
  await following.until(1);
  rmSync(file);
  await waitFor('the name to be forgotten', () => following.source.status().length === 1);
  const { gaps, examined } = certificateOf(following);
  assert.deepEqual(
    gaps.map(({ cause, times, missing }) => [cause, times, missing]),
    [['kernel: net_ratelimit: N callbacks suppressed', 1, 7]],
  );
  assert.equal(examined.length, 1);
});

test('a file that fits a pattern and has a name that is not UTF-8, which cannot be watched, makes "no gap" a claim that is not made', async (t) => {
  const folder = newFolder(t);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff]), Buffer.from('.log')]), '');
  const following = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  assert.match(certificateOf(following).coverage, /^no gap known: .*not UTF-8/);
});

test('a log that was rotated to a name that fits as well, and has not come again, is examined once, however long ago that was', async (t) => {
  const folder = newFolder(t);
  const [rotated, removed] = [join(folder, 'app.log'), join(folder, 'removed.log')];
  const settings = { intervalMs: 5, letGoAfterMs: 5, patterns: [join(folder, '*')] };
  const { lines, source, until } = await follow(t, [], '.', settings);
  writeFileSync(rotated, 'one\n');
  writeFileSync(removed, 'two\n');
  await until(2);
  renameSync(rotated, `${rotated}.1`);
  rmSync(removed);
  await waitFor('a name that has gone to be forgotten', () => source.status().every((each) => each.source !== removed));
  writeFileSync(join(folder, 'other.log'), 'three\n');
  await until(3);
  assert.deepEqual(lines().sort(), ['one', 'three', 'two']);
});

test('a log that came and was rotated before anyone looked is read as well as what has its name by then', async (t) => {
  const folder = newFolder(t);
  const [plain, any] = [join(folder, 'plain.log'), join(folder, 'any.txt')];
  const patterns = [join(folder, '*.log'), join(folder, 'any*')];
  const { lines, until } = await follow(t, [], '.', { patterns });
  for (const path of [plain, any]) {
    writeFileSync(path, `first ${path}\n`);
    renameSync(path, `${path}.1`);
  }
  // Longer than the times of files lag behind the clock.
  standStill(100);
  for (const path of [plain, any]) writeFileSync(path, `second ${path}\n`);
  await until(4);
  const expected = [plain, any].flatMap((path) => [`first ${path}`, `second ${path}`]);
  assert.deepEqual(lines().sort(), expected.sort());
});
