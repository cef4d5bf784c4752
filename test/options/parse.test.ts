import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actions } from '../../src/actions/index.ts';
import { optionsOf } from '../../src/commands/command.ts';
import { monitorCommands, otherCommands } from '../../src/commands/index.ts';
import { monitors } from '../../src/monitors/index.ts';
import { nearest } from '../../src/options/nearest.ts';
import { parseOptions } from '../../src/options/parse.ts';
import type { Option, OptionTable } from '../../src/options/table.ts';
import { parseDuration } from '../../src/options/values.ts';

const table = {
  message: { kind: 'text', short: 'm', hint: 'TEXT', summary: 'text' },
  count: { kind: 'count', hint: 'N', summary: 'count' },
  file: { kind: 'list', hint: 'FILE', summary: 'files' },
  skip: { kind: 'texts', hint: 'TEXT', summary: 'texts' },
  pid: { kind: 'list', hint: 'PID', bareNumbers: true, summary: 'pids' },
  quiet: { kind: 'flag', short: 'q', summary: 'flag' },
  'no-files': { kind: 'flag', summary: 'flag' },
} as const satisfies OptionTable;

const parse = (...argv: string[]) => parseOptions(table, argv);

for (const [argv, name, value] of [
  [['--message', '500'], 'message', '500'],
  [['--message=a=b'], 'message', 'a=b'],
  [['--message=-x'], 'message', '-x'],
  [['-m', 'text'], 'message', 'text'],
  [['-mtext'], 'message', 'text'],
  [['-qm', 'text'], 'message', 'text'],
  [['-qmtext'], 'quiet', true],
  [['--message', 'two\nlines'], 'message', 'two\nlines'],
  [['--no-files'], 'no-files', true],
  [[], 'no-files', false],
  [[], 'message', undefined],
  [['--file', 'a,b', '--file', 'c'], 'file', ['a', 'b', 'c']],
  [['--skip', 'a,b', '--skip', '7'], 'skip', ['a,b', '7']],
  [['--pid', '1', '2', '3', '-q'], 'pid', ['1', '2', '3']],
  [['--pid', '1,2', '3'], 'pid', ['1', '2', '3']],
  [['--pid=1', '--pid', '2', '3'], 'pid', ['1', '2', '3']],
  [['--pid', 'name', '7'], 'pid', ['name', '7']],
  [['--pid'], 'pid', []],
  [['--pid', '-q'], 'pid', []],
  [['--count', '007'], 'count', 7],
] as [string[], keyof typeof table, unknown][])
  test(`${JSON.stringify(argv)} gives ${name} ${JSON.stringify(value)}`, () => {
    assert.deepEqual(parse(...argv).values[name], value);
  });

for (const [argv, says] of [
  [['--mesage', 'x'], /unknown option --mesage: did you mean --message\?/],
  [['--mesage=x'], /unknown option --mesage: did you mean/],
  [['--__proto__', 'x'], /unknown option --__proto__/],
  [['--message.x', 'y'], /unknown option --message\.x/],
  [['-z'], /unknown option -z/],
  [['--message', '--quiet'], /--message: needs a value/],
  [['--message', ''], /--message: needs a value/],
  [['--skip', 'a', '--skip', ''], /--skip: needs a value/],
  [['--count', '1.5'], /--count: expected a whole number of at least 1, got "1.5"/],
  [['--count', '1e3'], /--count: expected a whole number/],
  [['--count', '99999999999999999999'], /--count: expected a whole number/],
  [['--file', 'a,,b'], /--file: expected a comma-separated list without gaps, got "a,,b"/],
  [
    ['--file', '/var/log/{a,b}.log'],
    /--file: braces are not expanded here: name each value, with commas between, got "\/var\/log\/{a,b}.log"/,
  ],
  [['--file'], /--file: needs a value/],
  [['--message', '-dash'], /--message: needs a value; .*--message=-VALUE/],
  [['--message', 'a\ufffdb'], /--message: expected UTF-8/],
  [['--quiet=no'], /--quiet takes no value/],
] as [string[], RegExp][])
  test(`${JSON.stringify(argv)} is refused with the option's name`, () => {
    assert.throws(() => parse(...argv), { name: 'UsageError', message: says });
  });

test('words keep their text: a number stays a string, and after -- everything is a word', () => {
  assert.deepEqual(parse('007', '--', '--quiet').words, ['007', '--quiet']);
});

test('durations are milliseconds, a bare number is seconds', () => {
  const given = ['250ms', '10s', '5m', '2h', '1d', '7', '0.5'];
  assert.deepEqual(
    given.map((text) => parseDuration(text)),
    [250, 10_000, 300_000, 7_200_000, 86_400_000, 7000, 500],
  );
  for (const bad of ['', '0', '-1', '5 m', 'x', '5w', '1000d', 'Infinity'])
    assert.throws(() => parseDuration(bad), bad);
  assert.deepEqual(
    ['0', '0s', '1s'].map((text) => parseDuration(text, true)),
    [0, 0, 1000],
    'where none at all makes sense',
  );
});

test('only a near miss is offered as what was meant', () => {
  assert.equal(nearest('mesage', ['message', 'count']), 'message');
  assert.equal(nearest('zzz', ['message', 'count']), undefined);
});

test('every option table can be shown and typed: values are named, letters and names are unique, summaries fit', () => {
  for (const command of [...monitorCommands, ...otherCommands]) {
    const all = command.groups.flatMap(({ options }) => Object.entries<Option>(options));
    assert.equal(new Set(all.map(([name]) => name)).size, all.length, `${command.name}: a name stands twice`);
    const letters = Object.values(optionsOf(command)).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(letters).size, letters.length, `${command.name}: a letter stands twice`);
    for (const [name, option] of all) {
      assert.match(name, /^[a-z][a-z-]*$/);
      assert.ok(option.kind === 'flag' || option.hint, `--${name} names its value`);
      assert.ok(option.summary.length <= 72, `--${name}: its summary fits a line`);
    }
  }
});

test('every action is selected by an option of its own name, and no plugin name is used twice', () => {
  for (const { name, options } of actions) assert.ok(name in options, name);
  const names = [...monitors, ...actions].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});
