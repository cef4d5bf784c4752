import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { toByteExpression } from '../../../../src/monitors/logs/matching/byte-expression.ts';
import type { MessageOptions } from '../../../../src/monitors/logs/matching/matcher.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';

/** Whether a line is found. */
function matches(text: string, line: string | Buffer, given: Partial<MessageOptions> = {}): boolean {
  const options: MessageOptions = { text, mode: 'either', ignoreCase: false, ...given };
  return compileMatcher(options).test(Buffer.from(line as string));
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
  ['σ', 'ς', true, ignoreCase],
  ['[σ]', 'Σ', true, ignoreCase],
  ['^$', '', true],
  ['^$', '\r\n', true],
  ['$', 'abc', true],
  ['^[0-9a-f]{32}$', 'd41d8cd98f00b204e9800998ecf8427e', true],
  ['^[0-9a-f]{32}$', 'd41d8cd98f00b204e9800998ecf8427', false],
  ['^[0-9a-f]{32}$', 'D41D8CD98F00B204E9800998ECF8427E', true, ignoreCase],
  ['a.{17,20}b', `a${'é'.repeat(18)}b`, true],
  ['a.{17,20}b', `a${'é'.repeat(21)}b`, false],
  ['a\\d{17,}?b', `a${'1'.repeat(30)}b`, true],
  ['a\\d{17,}?b', `a${'1'.repeat(16)}b`, false],
  ['^(?:[0-9a-f]{20} ){2}$', `${`${'a'.repeat(20)} `.repeat(2)}`, true],
  ['^(?:[0-9a-f]{20} ){2}$', `${'a'.repeat(20)} ${'a'.repeat(19)} `, false],
  ['^é{70}$', 'é'.repeat(70), true],
  ['^é{70}$', 'é'.repeat(69), false],
  ['^(ab){20}$', 'ab'.repeat(20), true],
  ['^(ab){20}$', 'ab'.repeat(21), false],
  ['^(?:(?:ab){2,3} ){1,40}$', 'abab ababab ', true],
  ['^(?:(?:ab){2,3} ){1,40}$', 'abab ab ', false],
  ['^x{0}y{0,1}z{2,}$', 'zzz', true],
  ['^x{1000}$', 'x'.repeat(1000), true],
  ['^x{1000}$', 'x'.repeat(999), false],
  ['foo\\d{17}x', 'foo123x', false],
  ['foo\\d{17}x', 'é foo123x', false],
  ['foo\\d{17}x', 'foo12345678901234567x', true],
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

for (const text of [
  '[0-9a-f]{65}',
  '\\d{1,100}',
  '.{0,40}x{20,}?',
  '(?:[ab]{30}c)+',
  '(a{1,30}){1,33}',
  '.{0,500}foo.{0,500}bar',
  '(?:[é-ü]|漢字){333}',
  '(x{0}y{0,1}){2,3}?',
])
  test(`${text} runs in linear time`, () => {
    setFlagsFromString('--enable-experimental-regexp-engine');
    const { ascii, source, text: decoded } = toByteExpression(text, true);
    // With the flag `l`, V8 refuses an expression that it cannot run in linear time.
    for (const each of [ascii, source, decoded]) new RegExp(each, 'l');
  });

/** By backtracking, each of the hostile lines would take years. */
for (const [text, hostile, matching] of [
  ['(.*a){25}b', 'a'.repeat(5000), `${'a'.repeat(5000)}b`],
  ['((a{1,4}){1,4}){1,4}$', `${'a'.repeat(5000)}!`, 'a'.repeat(5000)],
  ['(\\d+[a-z]?){17}x', '1'.repeat(5000), `${'1'.repeat(5000)}x`],
  ['(?:a|aa){1,50}$', `${'a'.repeat(5000)}!`, 'a'.repeat(5000)],
  ['.{0,500}foo.{0,500}bar', 'foo'.repeat(1000), `${'foo'.repeat(1000)}bar`],
  ['(é{1,20}){1,20}$', `${'é'.repeat(2000)}!`, 'é'.repeat(2000)],
] as const)
  test(`${text} ends on a hostile line`, { timeout: 60_000 }, () => {
    for (const options of [{}, ignoreCase]) {
      assert.equal(matches(text, hostile, options), false);
      assert.equal(matches(text, matching, options), true);
    }
  });

for (const text of ['q+[0-9]{4}x', '^needle$', '[a-z]+eedle'])
  test(`in a message of 16 MB, ${text} is found wherever it stands`, { timeout: 120_000 }, () => {
    const size = 16 * 1024 * 1024;
    const sought = text === 'q+[0-9]{4}x' ? 'qqq1234x' : '\nneedle\n';
    const message = Buffer.alloc(size, 'q 1 ');
    assert.equal(matches(text, message), false);
    for (const at of [0, size / 2, size - sought.length]) {
      const found = Buffer.from(message);
      found.write(sought, at);
      assert.equal(matches(text, found), true);
    }
  });

for (const [text, found, other] of [
  ['^[😀-😎]$', '😅', '🙏'],
  ['^[^😀-😎]$', '🙏', '😅'],
  ['^[a-😎]+$', 'é漢😅', '🙏'],
  ['^[😀-😎]{2}x$', '😀😎x', '😀x'],
] as const)
  test(`characters beyond U+FFFF are characters like others: ${text}`, () => {
    assert.equal(matches(text, found, { mode: 'expression' }), true);
    assert.equal(matches(text, other, { mode: 'expression' }), false);
  });
