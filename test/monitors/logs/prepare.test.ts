import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../src/errors.ts';
import { logs } from '../../../src/monitors/logs/index.ts';
import type { LogsPlan } from '../../../src/monitors/logs/plan.ts';
import { type Given, toValues } from '../../../src/options/values.ts';
import { monitorTable } from '../../../src/rig/request/request.ts';
import { asking } from '../../support/contexts.ts';
import { newFolder } from '../../support/folder.ts';

/** Plans what is given for the monitor and its conditions. Without more, "boom" is looked for and the journal is not read. */
async function prepare(given: Given) {
  const ask = asking();
  const values = toValues(monitorTable(logs), { message: ['boom'], journal: false, ...given });
  const plan = await logs.plan(values as Parameters<typeof logs.plan>[0], ask);
  return { plan, remarks: ask.remarks, ...logs.describe(plan) };
}

const wrong: Array<[string, Given, RegExp]> = [
  ['a message with a line break', { message: ['a\nb'] }, /line break/],
  ['plain text and expression at once', { 'fixed-strings': true, 'extended-regexp': true }, /exclude each other/],
  ['a bad expression', { message: ['a('], 'extended-regexp': true }, /not a regular expression: Unterminated group/],
  ['files and no files', { files: false, logfile: ['/x'] }, /--logfile and --no-files exclude each other/],
  ['nothing to watch', { files: false }, /nothing is left to watch/],
  ['a folder', { logfile: ['/etc'] }, /\/etc: a folder/],
  ['a device', { logfile: ['/dev/null'] }, /\/dev\/null: a device/],
  ['a file in no folder', { logfile: ['/no/such/file'] }, /no such file, and no such folder/],
  ['a file in what is no folder', { logfile: ['/etc/hostname/x.log'] }, /no such file, and no such folder/],
  ['a process that is not there', { logfile: ['/proc/4194399/status'] }, /no such file, and no such folder/],
  [
    'an exclusion that is no expression',
    { exclude: ['('], 'extended-regexp': true },
    /--exclude: "\(" is not a regular/,
  ],
  [
    'what follows that is no expression',
    { unless: ['('], within: ['1s'], 'extended-regexp': true },
    /--unless: "\(" is not a regular/,
  ],
  ['a priority and no journal', { priority: ['err'] }, /--priority and --no-journal exclude each other/],
  [
    'an unknown event of a unit',
    { 'unit-event': ['boom'], journal: ['x'] },
    /--unit-event: expected failed, .* got "boom"/,
  ],
  [
    'an event of a unit in a file',
    { 'unit-event': ['oom'], journal: ['x'], logfile: ['/x'] },
    /--logfile and --unit-event exclude each other/,
  ],
  ['a pattern in no folder', { logfile: ['/no/such/*.log'] }, /no such file, and no such folder/],
  ['standard input of a rig that detaches', { logfile: ['-'] }, /--logfile -: .* with --foreground only/],
  ['a pattern of files that the kernel makes', { logfile: ['/proc/*/status'] }, /cannot be watched in proc; name each/],
  ['an unknown encoding', { encoding: ['latin-99'] }, /--encoding: unknown: "latin-99"; known are latin1, /],
  ['an encoding with other line ends', { encoding: ['utf-16le'] }, /--encoding: rig reads no utf-16le/],
  ['an encoding that shifts', { encoding: ['iso-2022-jp'] }, /--encoding: rig reads no iso-2022-jp/],
  ["rig's own log", { logfile: ['/var/log/rig/../rig/rig.log'] }, /own log/],
];

for (const [what, given, message] of wrong) {
  test(`${what}: an error of one line`, async () => {
    await assert.rejects(prepare(given), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

test('a message is needed, unless a unit event is waited for', () => {
  assert.throws(() => toValues(monitorTable(logs), {}), {
    name: 'UsageError',
    message: /^--message or --unit-event is needed/,
  });
  assert.ok(toValues(monitorTable(logs), { 'unit-event': ['oom'] }));
});

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
  const { plan, remarks, condition } = await prepare({ message: ['(code=exited'], logfile: [join(newFolder(t), 'x')] });
  assert.equal(plan.messages[0]?.mode, 'plain');
  assert.match(remarks.join('\n'), /plain text/);
  assert.match(condition, /"\(code=exited"/);
});

for (const [what, content, message, remark] of [
  [
    'Latin-1',
    Buffer.from('Müller\n', 'latin1'),
    'Müller',
    /app\.log has lines that are not UTF-8: .*--encoding latin1$/,
  ],
  ['Latin-1, and the text is ASCII', Buffer.from('Müller\n', 'latin1'), 'user', undefined],
  ['UTF-8', Buffer.from('Müller\n'), 'Müller', undefined],
  ['UTF-8, and its last line is cut', Buffer.from('Müller\nMü').subarray(0, -1), 'Müller', undefined],
  ['UTF-8 of more than is looked at', Buffer.from(`x${'ü'.repeat(200_000)}\nü\n`), 'Müller', undefined],
  ['UTF-16', Buffer.from('\ufeffboom\n', 'utf16le'), 'user', /app\.log is in UTF-16, which rig does not read$/],
] as const)
  test(`${remark ? 'a remark is made' : 'nothing is said'} of a file in ${what}`, async (t) => {
    const file = join(newFolder(t), 'app.log');
    writeFileSync(file, content);
    const { remarks } = await prepare({ message: [message], logfile: [file] });
    if (remark) assert.match(remarks.join(), remark);
    else assert.deepEqual(remarks, []);
  });

test('an encoding goes by any of its names, and nothing more is said of the file', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, Buffer.from('Müller\n', 'latin1'));
  for (const [typed, known] of [
    ['latin1', 'windows-1252'],
    ['ISO-8859-1', 'windows-1252'],
    ['cp1252', 'windows-1252'],
    ['sjis', 'shift_jis'],
    ['utf8', undefined],
  ] as const) {
    const { plan, remarks } = await prepare({ message: ['Müller'], logfile: [file], encoding: [typed] });
    assert.deepEqual([plan.messages[0]?.encoding, remarks], [known, []]);
  }
});

const words: Array<[Given, condition: string, second?: string]> = [
  [{}, '"boom"'],
  [{ 'ignore-case': true }, '"boom" in any case'],
  [{ 'fixed-strings': true }, 'plain text "boom"'],
  [{ 'extended-regexp': true }, 'expression "boom"'],
  [{ exclude: ['x, y', 'z'] }, '"boom", passing over "x, y" and "z"'],
  [{ exclude: ['x'], 'ignore-case': true }, '"boom" in any case, passing over "x" in any case'],
  [{ unless: ['done'], within: ['1h'] }, '"boom"', '"done"'],
  [{ message: ['boom', 'bang'], exclude: ['x'] }, '"boom" or "bang", passing over "x"'],
  [{ message: ['[x]', 'a|b'] }, 'plain text "[x]" or "a|b"'],
];

for (const [given, condition, second] of words)
  test(`the condition in words: ${[condition, second].filter(Boolean).join(', and ')}`, async (t) => {
    const told = await prepare({ logfile: [join(newFolder(t), 'x')], ...given });
    assert.deepEqual([told.condition, told.second], [condition, second]);
  });

test('of several messages a remark says which one it is about', async (t) => {
  const { remarks } = await prepare({ message: ['boom', '[x]', 'a|b'], logfile: [join(newFolder(t), 'x')] });
  const told = remarks.filter((remark) => remark.includes(' is read as '));
  assert.equal(told.length, 2);
  assert.match(told[0] as string, /^--message "\[x\]" is read as plain text;/);
  assert.match(told[1] as string, /^--message "a\|b" is read as plain text and as/);
});

test('a unit event in words', () => {
  const message = { text: '', mode: 'plain', ignoreCase: false } as const;
  const plan = { messages: [message], events: ['failed', 'oom'], watch: 'journal', files: [] };
  assert.equal(logs.describe(plan).condition, 'unit failed or oom');
  assert.equal(
    logs.describe({ ...plan, messages: [{ ...message, text: 'x' }] }).condition,
    'unit failed or oom with plain text "x"',
  );
});

const messages: LogsPlan['messages'] = [{ text: 'x', mode: 'plain', ignoreCase: false }];
const plan = { messages, watch: '', files: [] } as const;
const journal = { reader: 'native', selection: [] } as const;
for (const [what, more, gives] of [
  ['a line of this journal names the process that logged it', { journal }, ['process']],
  ['a line of a file names no process', {}, []],
  ['the processes of another journal are not of this host', { journal: { ...journal, dir: '/mnt' } }, []],
  ['what systemd says of a unit, it says itself', { journal, events: ['oom'] }, []],
] as const)
  test(what, () => {
    assert.deepEqual(
      logs.describe({ ...structuredClone(plan), files: [], ...structuredClone(more) } as LogsPlan).gives,
      gives,
    );
  });
