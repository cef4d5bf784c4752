import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../../src/options/parse.ts';
import type { OptionTable } from '../../src/options/table.ts';
import { toValues } from '../../src/options/values.ts';

const table = {
  message: { kind: 'text', short: 'm', hint: 'TEXT', summary: 'text' },
  count: { kind: 'count', hint: 'N', summary: 'count' },
  distinct: { kind: 'count', otherwise: 1, hint: 'N', summary: 'count' },
  restart: { kind: 'integer', minimum: -1, hint: 'N', default: 0, summary: 'integer' },
  file: { kind: 'list', hint: 'FILE', summary: 'files', tried: { f: '--file FILE', identifier: '--skip ID=NAME' } },
  journal: { kind: 'list', short: 'u', alias: 'unit', hint: 'UNIT', negated: 'no journal', summary: 'units' },
  skip: { kind: 'texts', hint: 'TEXT', summary: 'texts' },
  gcore: {
    kind: 'list',
    hint: 'PID',
    bareNumbers: true,
    whenEmpty: 'no PID given: did pidof find nothing?',
    summary: 'pids',
  },
  'gcore-all-pids': { kind: 'flag', summary: 'flag' },
  'ignore-case': { kind: 'flag', short: 'i', summary: 'flag' },
  'extended-regexp': { kind: 'flag', short: 'E', summary: 'flag' },
  files: { kind: 'flag', default: true, summary: 'no files' },
} as const satisfies OptionTable;

function parse(...argv: string[]) {
  const { given, words } = readArguments(table, argv);
  return { values: toValues(table, given), words };
}

for (const [argv, name, value] of [
  [['--message', '500'], 'message', '500'],
  [['--message', 'false'], 'message', 'false'],
  [['--message=a=b'], 'message', 'a=b'],
  [['--message=-x'], 'message', '-x'],
  [['--message', '-'], 'message', '-'],
  [['--message', 'two\nlines'], 'message', 'two\nlines'],
  [['-m', 'text'], 'message', 'text'],
  [['-mtext'], 'message', 'text'],
  [['-m=text'], 'message', 'text'],
  [['-m5'], 'message', '5'],
  [['-mi'], 'message', 'i'],
  [['-mi'], 'ignore-case', false],
  [['-iEm', 'text'], 'message', 'text'],
  [['-iEm', '500'], 'message', '500'],
  [['-iEm', 'text'], 'extended-regexp', true],
  [['-iEmtext'], 'message', 'text'],
  [['-iEmtext'], 'ignore-case', true],
  [[], 'message', undefined],
  [[], 'ignore-case', false],
  [[], 'files', true],
  [['--no-files'], 'files', false],
  [['--file', 'a,b', '--file', 'c'], 'file', ['a', 'b', 'c']],
  [['--journal', 'a,b'], 'journal', ['a', 'b']],
  [['--no-journal'], 'journal', false],
  [['-u', 'a', '--unit', 'b,c', '--journal', 'd'], 'journal', ['a', 'b', 'c', 'd']],
  [['-iua'], 'journal', ['a']],
  [['--unit=a=b'], 'journal', ['a=b']],
  [['--message=--unit'], 'message', '--unit'],
  [['--skip', 'a,b', '--skip', '7'], 'skip', ['a,b', '7']],
  [['--gcore', '1', '2', '3', '-i'], 'gcore', ['1', '2', '3']],
  [['--gcore', '1,2', '3'], 'gcore', ['1', '2', '3']],
  [['--gcore=1', '--gcore', '2', '3'], 'gcore', ['1', '2', '3']],
  [['--gcore', 'name', '7'], 'gcore', ['name', '7']],
  [['--gcore', '1 2 3'], 'gcore', ['1', '2', '3']],
  [['--gcore=1 2'], 'gcore', ['1', '2']],
  [['--count', '007'], 'count', 7],
  [['--restart', '-1'], 'restart', -1],
  [['--restart=-1'], 'restart', -1],
  [['--restart', '5'], 'restart', 5],
  [[], 'restart', 0],
  [['--distinct'], 'distinct', 1],
  [['--distinct', '-i'], 'distinct', 1],
  [['--distinct', '3'], 'distinct', 3],
  [['--distinct=3'], 'distinct', 3],
  [[], 'distinct', undefined],
] as [string[], keyof typeof table, unknown][])
  test(`${JSON.stringify(argv)} gives ${name} ${JSON.stringify(value)}`, () => {
    assert.deepEqual(parse(...argv).values[name], value);
  });

for (const [argv, says] of [
  [['--mesage', 'x'], /^unknown option --mesage: did you mean --message\?$/],
  [['--mesage=x'], /^unknown option --mesage: did you mean --message\?$/],
  [['--gcore-all-pid'], /did you mean --gcore-all-pids\?/],
  [['--message.x', 'y'], /^unknown option --message\.x/],
  [['--__proto__'], /^unknown option --__proto__$/],
  [['--__proto__', 'x'], /^unknown option --__proto__$/],
  [['--__proto__.x', 'y'], /^unknown option --__proto__\.x$/],
  [['--toString'], /^unknown option --toString$/],
  [['--no-toString'], /^unknown option --no-toString$/],
  [['--constructor=x'], /^unknown option --constructor$/],
  [['-z'], /^unknown option -z$/],
  [['--fils'], /^unknown option --fils: did you mean --file\?$/],
  [['--no-fils'], /^unknown option --no-fils: did you mean --no-files\?$/],
  [['--no-jurnal'], /^unknown option --no-jurnal: did you mean --no-journal\?$/],
  [['-f', 'x'], /^unknown option -f: did you mean --file FILE\?$/],
  [['-fx'], /^unknown option -f.*: did you mean --file FILE\?$/],
  [['--identifier=x'], /^unknown option --identifier: did you mean --skip ID=NAME\?$/],
  [['--no-unit'], /^unknown option --no-unit/],
  [['--unit'], /^--journal: needs a value/],
  [['--unit', 'a', '--no-journal'], /^--journal and --no-journal exclude each other$/],
  [['-iz'], /^unknown option -iz$/],
  [['--no-message'], /^unknown option --no-message$/],
  [['--no-ignore-case'], /^unknown option --no-ignore-case$/],
  [['--no-gcore'], /^unknown option --no-gcore$/],
  [['--journal', 'a', '--no-journal'], /^--journal and --no-journal exclude each other$/],
  [['--no-journal', '--journal', 'a'], /^--journal and --no-journal exclude each other$/],
  [['--message'], /^--message: needs a value/],
  [['--message', '--ignore-case'], /^--message: needs a value/],
  [['--message', '--'], /^--message: needs a value/],
  [['--message', ''], /^--message: needs a value/],
  [['--message='], /^--message: needs a value/],
  [['-m'], /^--message: needs a value/],
  [['--message', '-dash'], /^--message: needs a value; .*--message=-VALUE$/],
  [['-m', '-dash'], /^--message: needs a value; .*--message=-VALUE$/],
  [['--message', 'a', '--message', 'b'], /^--message: given more than once$/],
  [['--message', 'a\ufffdb'], /^--message: expected UTF-8/],
  [['--skip', 'a', '--skip', ''], /^--skip: needs a value/],
  [['--file'], /^--file: needs a value/],
  [['--gcore'], /^--gcore: no PID given: did pidof find nothing\?$/],
  [['--gcore', ''], /^--gcore: no PID given: did pidof find nothing\?$/],
  [['--gcore', '-i'], /^--gcore: no PID given: did pidof find nothing\?$/],
  [['--gcore', '--gcore-all-pids'], /^--gcore: no PID given: did pidof find nothing\?$/],
  [['--restart'], /^--restart: needs a value/],
  [['--restart', '-2'], /^--restart: expected a whole number of at least -1, got "-2"$/],
  [['--distinct', '0'], /^--distinct: expected a whole number of at least 1, got "0"$/],
  [['--ignore-case=yes'], /^--ignore-case takes no value$/],
  [['-i=yes'], /^--ignore-case takes no value$/],
  [['-i5'], /^--ignore-case takes no value$/],
  [['--no-files=yes'], /^--no-files takes no value$/],
  [['--no-journal=yes'], /^--no-journal takes no value$/],
] as [string[], RegExp][])
  test(`${JSON.stringify(argv)} is refused: ${says.source}`, () => {
    assert.throws(() => parse(...argv), { name: 'UsageError', message: says });
  });

test('words keep their text: a number stays a string, and after -- everything is a word', () => {
  assert.deepEqual(parse('007', '--', '--ignore-case', '--gcore=x').words, ['007', '--ignore-case', '--gcore=x']);
  assert.equal(parse('--', '--ignore-case').values['ignore-case'], false);
});

test('a word behind a flag is a word, also `true` and `false`', () => {
  assert.deepEqual(parse('--ignore-case', 'false', '-i', 'true').words, ['false', 'true']);
  assert.equal(parse('-i', 'false').values['ignore-case'], true);
});

test('words may stand between options', () => {
  assert.deepEqual(parse('a', '--message', 'x', 'b', '--distinct', 'c', '--gcore', '1', 'd').words, [
    'a',
    'b',
    'c',
    'd',
  ]);
});
