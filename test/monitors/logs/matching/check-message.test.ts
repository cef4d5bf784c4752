import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../../../src/errors.ts';
import { checkMessage } from '../../../../src/monitors/logs/matching/check-message.ts';
import type { MessageOptions } from '../../../../src/monitors/logs/matching/matcher.ts';

for (const [text, advice] of [
  ['foo(?!bar)', /cannot be run in linear time: instead of \(\?!\.\.\.\), leave lines out with --exclude TEXT$/],
  ['(?<!foo)bar', /instead of \(\?<!\.\.\.\), leave lines out with --exclude TEXT$/],
  ['(?=.*a)b', /instead of \(\?=\.\.\.\), write both orders with \|, or use --then TEXT/],
  ['(?<=a)b', /instead of \(\?<=\.\.\.\), write both orders/],
  ['(a|b)\\1', /instead of \\1, list the alternatives with \|$/],
  ['(?<x>a)\\k<x>', /instead of \\k<x>, list the alternatives/],
  ['(a{1,100}){1,100}', /counted repetition comes to 10,000 characters, and at most 1,000 in all are possible$/],
  ['a{600}b{600}', /counted repetition comes to 1,200 characters/],
] as const)
  test(`${text} is refused at creation, with what to use instead`, () => {
    const remarks: string[] = [];
    const remark = (told: string): unknown => remarks.push(told);
    const options: MessageOptions = { text, mode: 'expression', ignoreCase: false };
    assert.throws(() => checkMessage(options, remark), { name: 'UsageError', message: advice });
    assert.deepEqual(checkMessage({ ...options, mode: 'either' }, remark), { ...options, mode: 'plain' });
    assert.match(remarks.join(), /is read as plain text/);
  });

test('(?i) at the beginning means that case does not matter', () => {
  const check = (text: string, mode: MessageOptions['mode']) =>
    checkMessage({ text, mode, ignoreCase: false }, () => undefined);
  assert.deepEqual(check('(?i)err(or)?', 'either'), { text: 'err(or)?', mode: 'either', ignoreCase: true });
  assert.deepEqual(check('(?i)err', 'expression'), { text: 'err', mode: 'expression', ignoreCase: true });
  assert.deepEqual(check('(?i)err', 'plain'), { text: '(?i)err', mode: 'plain', ignoreCase: false });
  assert.deepEqual(check('(?i)err(', 'either'), { text: '(?i)err(', mode: 'plain', ignoreCase: false });
});

test('what looks like an expression and is none is plain text with a remark, and an error with -E', () => {
  const remarks: string[] = [];
  const remark = (text: string): unknown => remarks.push(text);
  const options: MessageOptions = { text: '(code=.*', mode: 'either', ignoreCase: false };
  assert.equal(checkMessage(options, remark).mode, 'plain');
  assert.match(remarks.join(), /Unterminated group.*plain text/);
  assert.throws(() => checkMessage({ ...options, mode: 'expression' }, remark), UsageError);
});

for (const [text, mode, told] of [
  ['\\<oom\\>', 'either', ['\\< means <: \\b is the edge of a word', '\\> means >: \\b is the edge of a word']],
  ['\\p{L}+\\Z', 'expression', ['\\p means p', '\\Z means Z']],
  ['\\p{L}+', 'either', ['\\p means p']],
  ['(a\\|b)', 'either', ['\\| means |: alternatives are written a|b']],
  [
    '\\(a\\)x\\{2\\}',
    'expression',
    ['\\( means (: a group is written (ab)', '\\{ means {: repetition is written a{3}'],
  ],
  ['C:\\Program Files\\app', 'either', []],
  ['\\<', 'plain', []],
  ['\\bx\\d\\W\\t\\n\\x41\\u0041\\cA\\[\\\\<(?<n>.)', 'expression', []],
] as const)
  test(`an escape that other engines know and rig does not is remarked: ${text} (${mode})`, () => {
    const remarks: string[] = [];
    checkMessage({ text, mode, ignoreCase: false }, (remark) => remarks.push(remark));
    const escapes = remarks.filter((remark) => remark.includes(' means '));
    assert.deepEqual(
      escapes,
      told.map((each) => `--message: as an expression ${each}`),
    );
  });

test('a range of emoji that is out of order is an error', () => {
  const options: MessageOptions = { text: '[😎-😀]', mode: 'expression', ignoreCase: false };
  assert.throws(() => checkMessage(options, () => undefined), UsageError);
});

for (const [text, says] of [
  ['[ERROR]', /^--message is read as plain text; -E takes it as a regular expression$/],
  ['10.0.0.1', /^--message is read as plain text; -E/],
  ['[Ee]rror', /^--message is read as plain text and as a regular expression, .*; -F takes it as text only$/],
  ['(a.*)?', /^--message is read as plain text: as a regular expression \(-E\) it would match an empty line$/],
  ['(?!x).*', /^--message is no expression that rig runs \(instead of .*\) and is read as plain text$/],
] as const)
  test(`creation says how ${text} is read`, () => {
    const remarks: string[] = [];
    checkMessage({ text, mode: 'either', ignoreCase: false }, (remark) => remarks.push(remark));
    assert.equal(remarks.length, 1);
    assert.match(remarks[0] as string, says);
  });

test('nothing is said of a text without special characters, nor where the user has chosen with -F or -E', () => {
  for (const [text, mode] of [
    ['Out of memory', 'either'],
    ['[ERROR]', 'plain'],
    ['[Ee]rror', 'expression'],
  ] as const)
    checkMessage({ text, mode, ignoreCase: false }, (remark) => assert.fail(remark));
});
