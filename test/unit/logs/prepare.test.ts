import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../src/errors.ts';
import type { LogsValues } from '../../../src/monitors/logs/prepare.ts';
import { prepareLogs } from '../../../src/monitors/logs/prepare.ts';
import { newFolder } from './following.ts';

const nothing: LogsValues = {
  message: 'boom',
  logfile: undefined,
  interval: undefined,
  'no-files': false,
  journal: undefined,
  'no-journal': true,
  count: undefined,
  'ignore-case': false,
  'fixed-strings': false,
  'extended-regexp': false,
};

async function prepare(values: Partial<LogsValues>) {
  const remarks: string[] = [];
  const prepared = await prepareLogs({ ...nothing, ...values }, { remark: (text) => remarks.push(text) });
  return { ...prepared, remarks };
}

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
  ['a pattern in no folder', { logfile: ['/no/such/*.log'] }, /no such file, and no such folder/],
  ['standard input of a rig that detaches', { logfile: ['-'] }, /--logfile -: .* with --foreground only/],
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
