import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../../../src/errors.ts';
import type { MessageOptions } from '../../../src/monitors/logs/matching/matcher.ts';
import {
  checkMessage,
  compileExactly,
  compileMatcher,
  linesOf,
  mayTakeLong,
} from '../../../src/monitors/logs/matching/matcher.ts';

/** Whether a line is found; where look-around and back-references were left out for that, whether it also is one. */
function matches(text: string, line: string | Buffer, given: Partial<MessageOptions> = {}): boolean {
  const options: MessageOptions = { text, mode: 'either', ignoreCase: false, ...given };
  const isFound = compileMatcher(options).test(Buffer.from(line as string));
  if (!mayTakeLong(options)) return isFound;
  const exact = compileExactly(options);
  return isFound && linesOf(Buffer.from(line as string)).some((each) => exact.test(each));
}

/** The lines of a chunk that match. */
function scan(text: string, chunk: string, options: Partial<MessageOptions> = {}): string[] {
  const bytes = Buffer.from(chunk);
  const found: string[] = [];
  compileMatcher({ text, mode: 'either', ignoreCase: false, ...options }).scan(bytes, (start, end) => {
    found.push(bytes.toString('utf8', start, end));
    return true;
  });
  return found;
}

const ignoreCase = { ignoreCase: true };
/** Text, line, whether it matches, options. */
const rows: Array<[string, string | Buffer, boolean, Partial<MessageOptions>?]> = [
  ['app[1234]', 'app[1234]: started', true],
  ['app[1234]', 'app2: started', true],
  ['app[1234]', 'app2: started', false, { mode: 'plain' }],
  ['app[1234]', 'app[1234]: started', false, { mode: 'expression' }],
  ['segfault at [0-9a-f]+', 'segfault at 7ffe', true],
  ['segfault at [0-9a-f]+', 'segfault at zero', false],
  ['error|warn', 'a warning', true],
  ['(Out of memory|oom).*kill', 'oom: will kill', true],
  ['[[:digit:]]{3}', 'ab123', true],
  ['[[:digit:]]{3}', 'ab12', false],
  ['a.b', 'aéb', true],
  ['^a.b$', 'a😀b', true],
  ['^a.b$', 'aéëb', false],
  ['a[àé]b', 'aéb', true],
  ['a[àé]b', 'aèb', false],
  ['a[^x]b', 'aéb', true],
  ['^\\D$', 'é', true],
  ['^é+$', 'ééé', true],
  ['😀+$', 'x😀😀', true],
  ['[😀a]x', '😀x', true],
  ['\\u00e9\\x41', 'éA', true],
  ['\\ud83d\\ude00', '😀', true],
  ['ERROR', 'an error', true, ignoreCase],
  ['É', 'é', true, ignoreCase],
  ['[а-я]+x', 'ПРИВЕТx', true, ignoreCase],
  ['[^a]b', 'Ab', false, ignoreCase],
  ['(?i:ERR)or', 'error', true],
  ['(?i:ERR)or', 'errOR', false],
  ['(a)\\1', 'aa', true],
  ['(a)\\1', 'ab', false],
  ['(?<x>a)\\k<x>', 'aa', true],
  ['foo(?!bar)', 'foobar', false],
  ['(?<=a)b', 'ab', true],
  ['\\bfoo\\b', 'a foo', true],
  ['\\bfoo\\b', 'afoo', false],
  ['a.b', Buffer.from([0x61, 0xff, 0x62]), true],
  ['^a..b$', Buffer.from([0x61, 0xff, 0xfe, 0x62]), true],
  ['foo[^x]*bar', 'foo\nbar', false],
  ['foo\\sbar', 'foo\nbar', false],
  ['^bar$', 'foo\nbar', true],
  ['^..$', 'é', false],
  ['^.{10}$', 'ééééééééé', false],
  ['[^a-z]{2}', 'é', false],
  ['.+.+', 'é', false],
  ['user=.{8} ', 'user=über123 ', false],
  ['user=\\S+ in', Buffer.from('user=m\xfcller in', 'latin1'), true],
  ['[^😀]', '😀', false],
  ['^def', 'abc\rdef', false],
  ['abc$', 'abc\rdef', false],
  ['(a)\\1x', 'aAx', true, ignoreCase],
  ['(a)\\1x', 'aAx', false],
  ['σ', 'ς', true, ignoreCase],
  ['[σ]', 'Σ', true, ignoreCase],
  ['^$', '', true],
  ['^$', '\r\n', true],
  ['$', 'abc', true],
  ['abc(?!.)', 'abc\r\n', true],
  ['abc(?!.)', 'abcd\r\n', false],
];

for (const [text, line, isMatch, options] of rows) {
  const name = `${text} ${isMatch ? 'matches' : 'does not match'} ${JSON.stringify(String(line))}`;
  test(`${name} ${options ? JSON.stringify(options) : ''}`.trim(), () => {
    assert.equal(matches(text, line, options), isMatch);
  });
}

test('each matching line of a chunk is given once, in order, without its line end', () => {
  const chunk = 'one a+b\ntwo\r\nthree aab\r\nfour aab aab a+b\nfive';
  assert.deepEqual(scan('a+b', chunk), ['one a+b', 'three aab', 'four aab aab a+b']);
});

test('the end of a line is before its CR', () => {
  assert.deepEqual(scan('two$', 'one\r\ntwo\r\nx two'), ['two', 'x two']);
  assert.deepEqual(scan('two.$', 'two\r\ntwo!\r\n'), ['two!']);
});

test('an expression that matches nothing at all matches every line', () => {
  assert.deepEqual(scan('x*', 'a\n\nb\n'), ['a', '', 'b']);
});

test('lines are found beyond the first piece of a large chunk, in ASCII and in other text', () => {
  for (const filler of ['filler\n', 'fillér\n']) {
    const chunk = `${filler.repeat(40_000)}hit 1\n${filler.repeat(40_000)}hit 22\nhit`;
    assert.deepEqual(scan('[h]it \\d+', chunk), ['hit 1', 'hit 22']);
    assert.deepEqual(scan('hit \\d+$', chunk), ['hit 1', 'hit 22']);
  }
});

test('a required text that stands in every line without a match does not hide the match', () => {
  const chunk = `${'request 12 ok\n'.repeat(5000)}request 12 failed\n`;
  assert.deepEqual(scan('request [0-9]+ f', chunk), ['request 12 failed']);
});

for (const text of ['^(a+)+$', '(x+x+)+y', '(\\w+\\s?)+$z', '([a-zA-Z]+)*9', '(.*)*q', '^(é|ée)+$']) {
  test(`the catastrophic expression ${text} ends on a hostile line`, { timeout: 20_000 }, () => {
    for (const mode of [{}, ignoreCase]) {
      assert.equal(matches(text, `${'a'.repeat(5000)}! `, mode), false);
      assert.equal(matches(text, `${'éx'.repeat(2000)}! `, mode), false);
    }
  });
}

for (const text of ['\\w+\\[\\d+\\]', '[a-z]+[0-9]', '(?:q*)+\\d'])
  test(`${text} does not take long on a long line`, { timeout: 10_000 }, () => {
    for (const size of [70_000, 250_000, 250_000, 250_000, 250_000, 250_000])
      assert.equal(matches(text, 'q'.repeat(size)), false);
    assert.equal(matches(text, `${'q'.repeat(250_000)}7 q[7]`), true);
  });

test('what is no expression is plain text with a remark, and an error when an expression is asked for', () => {
  const remarks: string[] = [];
  const remark = (text: string): unknown => remarks.push(text);
  const options: MessageOptions = { text: '(code=exited', mode: 'either', ignoreCase: false };
  assert.equal(checkMessage(options, remark).mode, 'plain');
  assert.match(remarks.join(), /Unterminated group.*plain text/);
  assert.throws(() => checkMessage({ ...options, mode: 'expression' }, remark), UsageError);
});

for (const [text, found, other] of [
  ['^[😀-😎]$', '😅', '🙏'],
  ['^[\\ud83d\\ude00-\\ud83d\\ude0e]$', '😅', '🙏'],
  ['^[^😀-😎]$', '🙏', '😅'],
  ['^[a-😎]+$', 'é漢😅', '🙏'],
  ['^[😀-😎]{2}x$', '😀😎x', '😀x'],
] as const)
  test(`characters beyond U+FFFF are characters like others: ${text}`, () => {
    assert.equal(matches(text, found, { mode: 'expression' }), true);
    assert.equal(matches(text, other, { mode: 'expression' }), false);
  });

test('a range of emoji that is out of order is an error', () => {
  const options: MessageOptions = { text: '[😎-😀]', mode: 'expression', ignoreCase: false };
  assert.throws(() => checkMessage(options, () => undefined), UsageError);
});
