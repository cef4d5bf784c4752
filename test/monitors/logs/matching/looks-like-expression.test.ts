import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkMessage } from '../../../../src/monitors/logs/matching/check-message.ts';
import { looksLikeExpression } from '../../../../src/monitors/logs/matching/looks-like-expression.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';

/** Whether a line matches --message, as a user would type it. */
function fires(text: string, line: string): boolean {
  const options = checkMessage({ text, mode: 'either', ignoreCase: false }, () => undefined);
  return compileMatcher(options).test(Buffer.from(line));
}

const rules: Record<string, { expressions: string[]; pasted: string[] }> = {
  'a dot that is repeated': { expressions: ['a.*b', 'a.+', 'x.?y', 'a.{3}b'], pasted: ['conf.d', '/var/log/*.log'] },
  'a class in one letter': {
    expressions: ['user=\\S+ x', '\\d ', '\\bfoo\\b'],
    pasted: ['C:\\data', '\\\\srv\\docs', '\\x41'],
  },
  'a quantifier behind ] or )': {
    expressions: ['[abc]+x', '(ab)?c', '[1.]{2}'],
    pasted: ['f(x) + 1', '[<0>] ? f', 'x+0x1f'],
  },
  'brackets with ranges': {
    expressions: ['at [0-9a-f] ', '[[:digit:]]'],
    pasted: ['[main-thread]', '[1234]', '[10-20]', '[web-1]'],
  },
  'brackets with a negation': { expressions: ['a[^ ]b'], pasted: ['[a^b]', '[^]'] },
  'brackets with one letter in both cases': { expressions: ['[Ee]rror', 'n[öÖ]'], pasted: ['[EE]', '[OK]', '[ok]'] },
  'a ^ first, a $ last': { expressions: ['^ERROR', 'done$'], pasted: ['a^b', 'App$Inner', '    ^'] },
  'alternatives in parentheses': {
    expressions: ['(a|b)', 'x(foo|bar|baz)y'],
    pasted: ['(a | b)', '(EE)', '()', '(|)'],
  },
  'one | without blanks': { expressions: ['error|warn'], pasted: ['| ERROR |', 'a |b', 'a| b', 'a|b|c', '[a|b]'] },
  'several | without blanks, and a sign in each part': {
    expressions: ['\\bfoo\\b|\\bbar\\b|\\bbaz\\b', '^a|^b|^c', '(?i)a|b|c'],
    pasted: ['12:00|ERROR|CORP\\dave|denied', 'a|b|c', 'x.*|ERROR|y', '.* | .* | .*'],
  },
  'an escaped mark': {
    expressions: ['\\[ERROR\\]', 'app\\.log', 'a\\|b'],
    pasted: ['a\\nb', '\\"x\\"', 'C:\\.config', '\\/'],
  },
  '(?i) at the beginning': { expressions: ['(?i)error'], pasted: ['error (?i)', '(?)'] },
};

for (const [rule, { expressions, pasted }] of Object.entries(rules))
  test(`a sign of an expression: ${rule}`, () => {
    for (const text of expressions) assert.ok(looksLikeExpression(text), text);
    for (const text of pasted) assert.ok(!looksLikeExpression(text), text);
  });

test('an expression that would match an empty line is plain text', () => {
  for (const text of ['.*', '^', '$', '(a|b)?', 'x|', '[0-9]*']) {
    assert.ok(!fires(text, ''), text);
    assert.ok(!fires(text, 'any line'), text);
    assert.ok(fires(text, `<${text}>`), text);
  }
});

for (const [text, line, isFound] of [
  ['[ERROR]', '[INFO] Ready', false],
  ['[ERROR]', '[ERROR] down', true],
  ['[crit]', 'a direct hit', false],
  ['[main-thread]', 'anything', false],
  ['(EE)', 'EEPROM', false],
  ['| ERROR |', 'one ERROR in a line', false],
  ['| WARN |', 'a b', false],
  ['nginx[1234]', 'nginx2', false],
  ['(code=exited)', 'code=exited', false],
  ['segfault at [0-9a-f]+', 'segfault at 7ffe', true],
  ['[Ee]rror', 'Error', true],
  ['[Ee]rror', 'an error', true],
  ['user=\\S+ denied', 'user=bob denied', true],
  ['(?i)[error]', 'WEIRD', true],
  ['error|warn', 'warn', true],
  ['error|warn', 'error|warn', true],
  ['a.b', 'axb', false],
] as const)
  test(`${text} ${isFound ? 'fires' : 'does not fire'} on ${line}`, () => {
    assert.equal(fires(text, line), isFound);
  });

test('every pasted line fires on itself and on no other', () => {
  const lines = readFileSync(join(import.meta.dirname, 'pasted-lines.txt'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.ok(lines.length >= 60);
  for (const text of lines) {
    const options = checkMessage({ text, mode: 'either', ignoreCase: false }, () => undefined);
    const matcher = compileMatcher(options);
    const found = lines.filter((line) => matcher.test(Buffer.from(line)));
    assert.deepEqual(found, [text]);
  }
});
