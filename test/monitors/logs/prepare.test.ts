import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../src/errors.ts';
import type { LogsValues } from '../../../src/monitors/logs/options.ts';
import { prepareLogs } from '../../../src/monitors/logs/prepare.ts';
import { newFolder } from '../../support/folder.ts';

const nothing: LogsValues = {
  message: 'boom',
  logfile: undefined,
  interval: undefined,
  'no-files': false,
  journal: undefined,
  'no-journal': true,
  priority: undefined,
  'journal-match': undefined,
  'journal-dir': undefined,
  'journal-reader': undefined,
  'journal-latency': undefined,
  'unit-event': undefined,
  exclude: undefined,
  count: undefined,
  distinct: undefined,
  within: undefined,
  absent: undefined,
  // biome-ignore lint/suspicious/noThenProperty: the values of an option table are never awaited
  then: undefined,
  unless: undefined,
  echo: false,
  'ignore-case': false,
  'fixed-strings': false,
  'extended-regexp': false,
};

async function prepare(values: Partial<LogsValues>) {
  const remarks: string[] = [];
  const prepared = await prepareLogs({ ...nothing, ...values }, { remark: (text) => remarks.push(text) });
  return { ...prepared, remarks };
}

/** An object that is written with `then` in it looks like a promise to the linter. */
const then = (text: string): Partial<LogsValues> => Object.fromEntries([['then', text]]);

const wrong: Array<[string, Partial<LogsValues>, RegExp]> = [
  ['no message', { message: undefined }, /--message is needed/],
  ['a message with a line break', { message: 'a\nb' }, /line break/],
  ['plain text and expression at once', { 'fixed-strings': true, 'extended-regexp': true }, /exclude each other/],
  ['a bad expression', { message: 'a(', 'extended-regexp': true }, /not a regular expression: Unterminated group/],
  ['files and no files', { 'no-files': true, logfile: ['/x'] }, /exclude each other/],
  ['a journal and no journal', { journal: ['x'] }, /exclude each other/],
  ['nothing to watch', { 'no-files': true }, /nothing is left to watch/],
  ['an empty file name', { logfile: [''] }, /empty/],
  ['a folder', { logfile: ['/etc'] }, /\/etc: a folder/],
  ['a device', { logfile: ['/dev/null'] }, /\/dev\/null: a device/],
  ['a file in no folder', { logfile: ['/no/such/file'] }, /no such file, and no such folder/],
  ['a file in what is no folder', { logfile: ['/etc/hostname/x.log'] }, /no such file, and no such folder/],
  ['a process that is not there', { logfile: ['/proc/4194399/status'] }, /no such file, and no such folder/],
  ['a time without what it is for', { within: 1000 }, /--within goes with --count of at least 2, --then or --unless/],
  ['a time for one line', { within: 1000, count: 1 }, /--within goes with/],
  ['absence within a time', { within: 1000, absent: 1000 }, /--within goes with/],
  ['absence and a count', { absent: 1000, count: 2 }, /--absent and --count exclude each other/],
  ['what follows and a count', { ...then('x'), within: 1000, count: 2 }, /--then and --count exclude each other/],
  ['what follows and what does not', { ...then('x'), unless: 'y', within: 1 }, /--then and --unless exclude/],
  ['what follows, without a time', { ...then('x') }, /--then needs --within DURATION/],
  ['what does not follow, without a time', { unless: 'x' }, /--unless needs --within DURATION/],
  [
    'an exclusion that is no expression',
    { exclude: ['('], 'extended-regexp': true },
    /--exclude: "\(" is not a regular/,
  ],
  ['a priority and no journal', { priority: 'err' }, /--no-journal and --priority exclude each other/],
  [
    'an unknown event of a unit',
    { 'unit-event': ['boom'], 'no-journal': false },
    /--unit-event: expected failed, .* got "boom"/,
  ],
  [
    'an event of a unit in a file',
    { 'unit-event': ['oom'], 'no-journal': false, logfile: ['/x'] },
    /exclude each other/,
  ],
  ['a pattern in no folder', { logfile: ['/no/such/*.log'] }, /no such file, and no such folder/],
  ['standard input of a rig that detaches', { logfile: ['-'] }, /--logfile -: .* with --foreground only/],
  ['a pattern of files that the kernel makes', { logfile: ['/proc/*/status'] }, /cannot be watched in proc; name each/],
  ["rig's own log", { logfile: ['/var/log/rig/../rig/rig.log'] }, /own log/],
];

for (const [what, values, message] of wrong) {
  test(`${what}: an error of one line`, async () => {
    await assert.rejects(prepare(values), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

test('a fifo is read as it comes and is not waited on', async (t) => {
  const fifo = join(newFolder(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const { plan } = await prepare({ logfile: [fifo] });
  assert.deepEqual([plan.files, plan.streams], [[], [fifo]]);
});

test('what the kernel makes at each reading is told from files', async () => {
  const { plan, watch } = await prepare({ logfile: ['/proc/loadavg', '/sys/kernel/none-yet'] });
  assert.deepEqual([plan.files, plan.pseudoFiles], [[], ['/proc/loadavg', '/sys/kernel/none-yet']]);
  assert.equal(watch, '/proc/loadavg, /sys/kernel/none-yet');
});

test('a pattern that no file fits yet is watched for, with a remark; a file of that very name is no pattern', async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'a[1].log'), '');
  const { plan, remarks, watch } = await prepare({ logfile: [join(folder, '*.txt'), join(folder, 'a[1].log')] });
  assert.deepEqual([plan.files, plan.patterns], [[join(folder, 'a[1].log')], [join(folder, '*.txt')]]);
  assert.match(remarks.join(), /no file fits .*\*\.txt yet/);
  assert.ok(watch.includes('*.txt'));
});

test('a missing file in a folder that exists is watched for, with a remark', async (t) => {
  const file = join(newFolder(t), 'later.log');
  const { plan, remarks } = await prepare({ logfile: [file] });
  assert.deepEqual(plan.files, [file]);
  assert.match(remarks.join(), /later\.log does not exist yet/);
});

for (const name of ['later.log', '*.log'])
  test(`a folder that does not exist yet, in one that does, is waited for, with a remark: ${name}`, async (t) => {
    const path = join(newFolder(t), 'app', name);
    const { plan, remarks } = await prepare({ logfile: [path] });
    assert.deepEqual(plan.patterns ?? plan.files, [path]);
    assert.match(remarks.join(), /the folder \S+\/app does not exist yet/);
  });

test('a file that is named twice is watched once, and a link is kept as the name it is', async (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'd'));
  writeFileSync(join(folder, 'a'), '');
  symlinkSync('a', join(folder, 'link'));
  const { plan } = await prepare({ logfile: [join(folder, 'a'), join(folder, 'd/../a'), join(folder, 'link')] });
  assert.deepEqual(plan.files, [join(folder, 'a'), join(folder, 'link')]);
});

test('what is no expression is searched for as plain text, with a remark', async (t) => {
  const { plan, remarks, condition } = await prepare({ message: '(code=exited', logfile: [join(newFolder(t), 'x')] });
  assert.equal(plan.message.mode, 'plain');
  assert.match(remarks.join('\n'), /plain text/);
  assert.match(condition, /"\(code=exited"/);
});

const words: Array<[Partial<LogsValues>, string]> = [
  [{ count: 3 }, '"boom", 3 times'],
  [{ count: 3, within: 90_000 }, '"boom", 3 times within 90s'],
  [{ absent: 60_000 }, 'no "boom" for 1m'],
  [{ ...then('bang'), within: 250 }, '"boom" followed by "bang" within 250ms'],
  [{ unless: 'done', within: 3_600_000, 'ignore-case': true }, '"boom", any case not followed by "done" within 1h'],
  [{ exclude: ['x, y', 'z'] }, '"boom", passing over "x, y" and "z"'],
];

for (const [values, condition] of words)
  test(`the condition in words: ${condition}`, async (t) => {
    assert.equal((await prepare({ logfile: [join(newFolder(t), 'x')], ...values })).condition, condition);
  });
