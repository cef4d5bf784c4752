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
    assert.match(remarks.join(), /is no expression that rig runs \(.* and is searched for as plain text$/);
  });

test('(?i) at the beginning means that case does not matter', () => {
  const check = (text: string, mode: MessageOptions['mode']) =>
    checkMessage({ text, mode, ignoreCase: false }, () => undefined);
  assert.deepEqual(check('(?i)err(or)?', 'either'), { text: 'err(or)?', mode: 'either', ignoreCase: true });
  assert.deepEqual(check('(?i)err', 'expression'), { text: 'err', mode: 'expression', ignoreCase: true });
  assert.deepEqual(check('(?i)err', 'plain'), { text: '(?i)err', mode: 'plain', ignoreCase: false });
  assert.deepEqual(check('(?i)err(', 'either'), { text: '(?i)err(', mode: 'plain', ignoreCase: false });
});

test('what is no expression is plain text with a remark, and an error when an expression is asked for', () => {
  const remarks: string[] = [];
  const remark = (text: string): unknown => remarks.push(text);
  const options: MessageOptions = { text: '(code=exited', mode: 'either', ignoreCase: false };
  assert.equal(checkMessage(options, remark).mode, 'plain');
  assert.match(remarks.join(), /Unterminated group.*plain text/);
  assert.throws(() => checkMessage({ ...options, mode: 'expression' }, remark), UsageError);
});

for (const [text, mode, told] of [
  ['\\<oom\\>', 'either', ['\\< means <: \\b is the edge of a word', '\\> means >: \\b is the edge of a word']],
  ['\\p{L}+\\Z', 'expression', ['\\p means p', '\\Z means Z']],
  ['C:\\Program Files\\app', 'either', []],
  ['\\<', 'plain', []],
  ['\\bx\\d\\W\\t\\n\\x41\\u0041\\cA\\(\\[\\\\<(?<n>.)', 'expression', []],
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
