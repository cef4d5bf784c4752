import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OptionTable } from '../../src/options/table.ts';
import { type Given, toValues } from '../../src/options/values.ts';

const table = {
  message: { kind: 'text', hint: 'TEXT', summary: 'what to look for', requiredUnless: ['event'] },
  event: { kind: 'choices', choices: ['failed', 'oom'], hint: 'EVENT', summary: 'events' },
  files: { kind: 'flag', default: true, summary: 'no files' },
  logfile: { kind: 'list', hint: 'FILE', summary: 'files', excludes: ['no-files', 'event'] },
  journal: { kind: 'list', hint: 'UNIT', negated: 'no journal', summary: 'units' },
  priority: { kind: 'text', hint: 'LEVEL', summary: 'priority', excludes: ['no-journal'] },
  within: { kind: 'duration', hint: 'TIME', summary: 'time', needs: ['count', 'unless'], most: 60_000 },
  count: { kind: 'count', hint: 'N', default: 1, summary: 'count' },
  reader: { kind: 'choice', choices: ['native', 'journalctl'], hint: 'READER', summary: 'reader' },
  delay: { kind: 'duration', hint: 'TIME', orZero: true, summary: 'delay' },
  size: { kind: 'size', hint: 'SIZE', summary: 'size' },
  free: { kind: 'space', hint: 'SIZE', summary: 'space' },
} as const satisfies OptionTable;

const message = { message: ['x'] };
const make = (given: Given, others?: Given) => toValues(table, { ...message, ...given }, others);

for (const [given, name, value] of [
  [{}, 'count', 1],
  [{}, 'files', true],
  [{}, 'journal', undefined],
  [{ files: false }, 'files', false],
  [{ journal: false }, 'journal', false],
  [{ journal: ['a, b', 'c'] }, 'journal', ['a', 'b', 'c']],
  [{ event: ['oom,failed'] }, 'event', ['oom', 'failed']],
  [{ reader: ['native'] }, 'reader', 'native'],
  [{ delay: ['0'] }, 'delay', 0],
  [{ within: ['1m'], count: ['2'] }, 'within', 60_000],
  [{ size: ['10M'] }, 'size', 10 * 2 ** 20],
  [{ free: ['5%'] }, 'free', { percent: 5 }],
  [{ free: ['1G'] }, 'free', { bytes: 2 ** 30 }],
] as [Given, keyof typeof table, unknown][])
  test(`${JSON.stringify(given)} makes ${name} ${JSON.stringify(value)}`, () => {
    assert.deepEqual(make(given)[name], value);
  });

for (const [given, says] of [
  [{ count: ['1.5'] }, '--count: expected a whole number of at least 1, got "1.5"'],
  [{ count: ['1e3'] }, '--count: expected a whole number of at least 1, got "1e3"'],
  [{ count: ['99999999999999999999'] }, '--count: expected a whole number of at least 1, got "99999999999999999999"'],
  [{ logfile: ['a,,b'] }, '--logfile: expected a comma-separated list without gaps, got "a,,b"'],
  [
    { logfile: ['/var/log/{a,b}.log'] },
    '--logfile: braces are not expanded here: name each value, with commas between, got "/var/log/{a,b}.log"',
  ],
  [{ event: ['oom,boom'] }, '--event: expected failed, oom, got "boom"'],
  [{ reader: ['less'] }, '--reader: expected native, journalctl, got "less"'],
  [{ within: ['61s'], count: ['2'] }, '--within: expected at most 1m, got "61s"'],
  [{ within: ['0'], count: ['2'] }, /^--within: expected a duration such as .*, got "0"$/],
  [{ size: ['0'] }, /^--size: expected a size such as .*, got "0"$/],
  [{ free: ['101%'] }, '--free: expected at most 100%, got "101%"'],
] as [Given, string | RegExp][])
  test(`a value is refused with the option's name, what was expected and what came: ${says}`, () => {
    assert.throws(() => make(given), { name: 'UsageError', message: says });
  });

test('an option without what it needs is refused, with all that would do', () => {
  assert.throws(() => make({ within: ['1s'] }), {
    name: 'UsageError',
    message: '--within goes with --count or --unless, which is not given',
  });
});

test('what an option needs may be given beside its table; a default is not given', () => {
  assert.equal(make({ within: ['1s'] }, { unless: ['y'] }).within, 1000);
  assert.throws(() => make({ within: ['1s'] }, { name: ['y'] }), /--within goes with/);
});

test('options that exclude each other are refused, also by their negation', () => {
  for (const [given, others, says] of [
    [{ logfile: ['a'], files: false }, {}, '--logfile and --no-files exclude each other'],
    [{ priority: ['err'], journal: false }, {}, '--priority and --no-journal exclude each other'],
    [{ logfile: ['a'] }, { event: ['oom'] }, '--logfile and --event exclude each other'],
  ] as [Given, Given, string][])
    assert.throws(() => make(given, others), { name: 'UsageError', message: says });
});

test('what excludes the negation of an option goes with the option itself', () => {
  const { priority, journal } = make({ priority: ['err'], journal: ['nginx'] });
  assert.deepEqual([priority, journal], ['err', ['nginx']]);
});

test('a required option that is not given is refused, with what would do instead', () => {
  assert.throws(() => toValues(table, {}), {
    name: 'UsageError',
    message: '--message or --event is needed: what to look for',
  });
  assert.equal(toValues(table, { event: ['oom'] }).message, undefined);
});

test('a required option that nothing can stand for is named with its value', () => {
  const pid = { pid: { kind: 'text', hint: 'PID', summary: 'which process', requiredUnless: [] } } as const;
  assert.throws(() => toValues(pid, {}), { name: 'UsageError', message: '--pid PID is needed: which process' });
});
