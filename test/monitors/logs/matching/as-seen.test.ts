/** A text that was copied from a terminal is found in the line that was shown there, however that line is stored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGroups } from '../../../../src/monitors/logs/matching/captured-groups.ts';
import { LongLine } from '../../../../src/monitors/logs/matching/long-line.ts';
import type { MessageOptions } from '../../../../src/monitors/logs/matching/matcher.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';
import { compileVerdict } from '../../../../src/monitors/logs/matching/verdict.ts';
import { randomBelow, seedsFor } from '../../../support/random.ts';

const asText = (text: string, given: Partial<MessageOptions> = {}): MessageOptions => {
  return { text, mode: 'plain', ignoreCase: false, ...given };
};

function matches(text: string, line: string | Buffer, given: Partial<MessageOptions> = {}): boolean {
  return compileMatcher(asText(text, given)).test(Buffer.from(line as string));
}

const esc = '\x1b';
const docker = (log: string): string =>
  `${JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: '2026-11-30T12:00:00Z' })}`;
/** As Go writes it, and with it Docker. */
const dockerOfGo = (log: string): string =>
  docker(log).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

/** What was seen, and the line as it is stored. */
const found: Array<[seen: string, stored: string | Buffer, given?: Partial<MessageOptions>]> = [
  ['ERROR disk full', `12:00 ${esc}[31mERROR ${esc}[0mdisk full`],
  ['ERROR disk full', `12:00 ${esc}[1;31mERROR${esc}[0m disk ${esc}[38;5;9mfull${esc}[K`],
  ['ERROR disk full', 'Nov 30 12:00:00 host app[7]: #033[31mERROR #033[0mdisk full'],
  ['ERROR disk full', `${esc}[31mERROR${esc}(B${esc}[m disk full`],
  ['ERROR disk full', docker(`${esc}[31mERROR${esc}[0m disk full`)],
  ['ERROR disk full', docker(docker(`${esc}[31mERROR${esc}[0m disk full`))],
  ['ERROR disk full', 'level=error msg="\\x1b[31mERROR\\x1b[0m disk full"'],
  ['[31mERROR', `${esc}[31mERROR`],
  ['error disk', `${esc}[31mERROR${esc}[0m DISK`, { ignoreCase: true }],
  ['^ERROR disk \\w+$', `${esc}[31mERROR${esc}[0m disk full${esc}[0m`, { mode: 'expression' }],
  ['^ERROR é+$', `${esc}[31mERROR${esc}[0m éé\r\n`, { mode: 'expression' }],
  ['Überlauf im Puffer', `${esc}[31mÜberlauf${esc}[0m im Puffer`],
  ['id     name', 'id\tname'],
  ['id name', 'id\tname'],
  ['id     name', 'id \t \tname'],
  ['        at com.example.Main.main(Main.java:5)', '\tat com.example.Main.main(Main.java:5)'],
  ['        at com.example.Main', 'Nov 30 12:00:00 host app: #011at com.example.Main'],
  ['        at com.example.Main', docker('\tat com.example.Main')],
  ['id\tname', docker('id\tname')],
  ['id\tname', 'app: id#011name'],
  ['id     [x]', 'id\t[x]', { mode: 'either' }],
  ['ID     name', 'id\tNAME', { ignoreCase: true }],
  ['user "bob" denied', docker('user "bob" denied')],
  ['user "bob" denied', docker(docker('user "bob" denied'))],
  ['user "bob" denied', 'level=error msg="user \\"bob\\" denied"'],
  ['user "bob" denied', '{"Message":"user \\u0022bob\\u0022 denied"}'],
  ['{"level":"error","msg":"a < b & c"}', dockerOfGo('{"level":"error","msg":"a < b & c"}')],
  ['<init> failed', '{"msg":"\\u003cinit\\u003E failed"}'],
  ["it's a=b", '{"msg":"it\\u0027s a\\u003db"}'],
  ["it's a=b", String.raw`{'msg': 'it\'s a=b'}`],
  ['C:\\temp\\new', '{"path":"C:\\\\temp\\\\new"}'],
  ['C:\\temp\\new', docker('{"path":"C:\\\\temp\\\\new"}')],
  ['\\\\server\\share', docker('\\\\server\\share')],
  ['GET /var/lib', '{"request":"GET \\/var\\/lib"}'],
  ['Straße gesperrt 😀', '{"msg":"Stra\\u00dfe gesperrt \\ud83d\\ude00"}'],
  ['Straße gesperrt 😀', '{"msg":"Stra\\u00DFe gesperrt \\uD83D\\uDE00"}'],
  ['a+b `c`', '{"msg":"a\\u002Bb \\u0060c\\u0060"}'],
  ['[main] user "bob" (1|2)', docker('[main] user "bob" (1|2)'), { mode: 'either' }],
  ['say "a     b"', docker(`say "${esc}[1ma\tb${esc}[0m"`)],
  ['panic: boom', '2026-11-30T12:00:00.123456789+01:00 stdout F panic: boom'],
  ['ERROR boom', `2026-11-30T12:00:00.123456789Z stderr F ${esc}[31mERROR${esc}[0m boom`],
];

for (const [seen, stored, given] of found)
  test(`${JSON.stringify(seen)} is found in ${JSON.stringify(String(stored))}${given ? ` ${JSON.stringify(given)}` : ''}`, () => {
    assert.equal(matches(seen, stored, given), true);
    const [before, after] = ['one\ttwo\\n #011 #033\n', '\nthree\n'];
    const hits: string[] = [];
    const chunk = Buffer.from(before + String(stored).trimEnd() + after);
    compileMatcher(asText(seen, given)).scan(chunk, (start, end) => hits.push(chunk.toString('utf8', start, end)) > 0);
    assert.deepEqual(hits, [String(stored).trimEnd()]);
  });

for (const [text, line] of [
  ['a  b', 'a b\tc'],
  ['a  b', 'a b'],
  ['ab', 'a\tb'],
  ['say "x"', 'say x\\n'],
  ['a\\b', 'a/b\tc'],
] as const)
  test(`${JSON.stringify(text)} is not found in ${JSON.stringify(line)}`, () =>
    assert.equal(matches(text, line), false));

/** What was seen, how it is stored in an encoding, and options. */
const encoded: Array<[seen: string, encoding: string, stored: Buffer, given?: Partial<MessageOptions>]> = [
  ['Müller gesperrt', 'latin1', Buffer.from('user Müller gesperrt', 'latin1')],
  ['MÜLLER', 'latin1', Buffer.from('user Müller', 'latin1'), { ignoreCase: true }],
  ['^user M[üé]ller$', 'latin1', Buffer.from('user Müller\r\n', 'latin1'), { mode: 'expression' }],
  ['Müller "x"     y', 'latin1', Buffer.from(`${esc}[1mMüller${esc}[0m \\"x\\"\ty`, 'latin1')],
  ['100 €', 'iso-8859-15', Buffer.from('cost: 100 \xa4', 'latin1')],
  ['100 €', 'windows-1252', Buffer.from('cost: 100 \x80', 'latin1')],
  ['ошибка', 'koi8-r', Buffer.from('\xcf\xdb\xc9\xc2\xcb\xc1', 'latin1')],
  ['ошибка', 'windows-1251', Buffer.from('\xee\xf8\xe8\xe1\xea\xe0', 'latin1')],
  ['エラー', 'shift_jis', Buffer.from('\x83\x47\x83\x89\x81\x5b', 'latin1')],
  ['错误', 'gbk', Buffer.from('\xb4\xed\xce\xf3', 'latin1')],
  ['Müller', 'latin1', Buffer.from('a line of UTF-8: Müller')],
];
for (const [seen, encoding, stored, given] of encoded)
  test(`${seen} is found in ${encoding}${given ? ` ${JSON.stringify(given)}` : ''}`, () => {
    assert.equal(matches(seen, stored, { ...given, encoding }), true);
    const other = Buffer.from('\xe4 other line\n', 'latin1');
    const chunk = Buffer.concat([other, stored, Buffer.from('\n'), other]);
    const starts: number[] = [];
    compileMatcher(asText(seen, { ...given, encoding })).scan(chunk, (start) => starts.push(start) > 0);
    assert.deepEqual(starts, [other.length]);
  });

test('an expression means what it says: it is not looked for in escaped form', () => {
  assert.equal(matches('user "b.b"', docker('user "bob"'), { mode: 'expression' }), false);
  assert.equal(matches('id +name', 'id\tname', { mode: 'expression' }), false);
});

test('the line is given as it is stored, each once and in order', () => {
  const lines = ['x "y" 1', `${esc}[1mx "y"${esc}[0m 2`, 'no', docker('x "y" 3'), 'x\t"y" 4', `x ${esc}[1m"y" 5`];
  for (const end of ['\n', '\r\n']) {
    const chunk = Buffer.from(lines.join(end) + end);
    const hits: string[] = [];
    compileMatcher(asText('x "y"')).scan(chunk, (start, end) => hits.push(chunk.toString('utf8', start, end)) > 0);
    assert.deepEqual(
      hits,
      lines.filter((line) => line !== 'no'),
    );
  }
});

test('the texts of a verdict are found in the same lines as those that are searched for', () => {
  const verdictOn = compileVerdict({
    messages: [asText('user "bob"')],
    second: asText('job "a"'),
    exclude: [asText('a     b')],
  });
  const verdicts = [docker(`${esc}[1muser${esc}[0m "bob"`), docker('job "a"'), 'user "bob" a\tb'];
  assert.deepEqual(
    verdicts.map((line) => verdictOn(Buffer.from(line))),
    [
      { isFirst: true, isSecond: false, isExcluded: false },
      { isFirst: false, isSecond: true, isExcluded: false },
      { isFirst: true, isSecond: false, isExcluded: true },
    ],
  );
});

test('groups capture what is between colours', () => {
  const groupsIn = compileGroups(asText('ERROR (\\w+) full', { mode: 'expression' }));
  assert.deepEqual(groupsIn(`${esc}[31mERROR ${esc}[0mdisk full`), { groups: { 1: 'disk' } });
});

test('a very long line is searched as it was seen, in parts', () => {
  const line = new LongLine(0);
  const matcher = compileMatcher(asText('ERROR "disk"'));
  assert.equal(line.examine(matcher, Buffer.from(`${'x'.repeat(1000)}${esc}[31mERR`), false), undefined);
  assert.ok(line.examine(matcher, Buffer.from(`OR${esc}[0m \\"disk\\"${'y'.repeat(1000)}`), false));
});

for (const filler of ['\\', '\\u001', '#033[', `${esc}[`, `${esc}[1`, '\t', ' \t', '\\t', '#011', '"', '\\"', '#'])
  test(`a hostile line of ${JSON.stringify(filler)} does not take long`, { timeout: 10_000 }, () => {
    const line = Buffer.alloc(256 * 1024, filler);
    for (const text of ['a b "c"', ' "', '\\\\x', '  x', 'x\\'])
      for (const ignoreCase of [false, true]) assert.equal(matches(text, line, { ignoreCase }), false);
  });

test('of random lines, those match in a chunk that match alone', () => {
  for (const seed of seedsFor(200)) {
    const below = randomBelow(seed);
    const pick = (from: readonly string[]): string => from[below(from.length)] as string;
    const piece = (): string =>
      pick(['a', 'b', ' ', '"', '\\', '<', 'é', '\t', '#011', '\\"', '\\t', '\\u003c', `${esc}[1m`, '#033[m']);
    const text = Array.from({ length: 2 + below(3) }, () => pick(['a', 'b', ' ', '"', '\\', '<', 'é'])).join('');
    const lines = Array.from({ length: 1 + below(20) }, () => Array.from({ length: below(9) }, piece).join(''));
    const options = asText(text, { ignoreCase: below(2) === 0 });
    const expected = lines.filter((line) => compileMatcher(options).test(Buffer.from(line)));
    const chunk = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const hits: string[] = [];
    compileMatcher(options).scan(chunk, (start, end) => hits.push(chunk.toString('utf8', start, end)) > 0);
    assert.deepEqual(hits, expected, `seed ${seed}: ${JSON.stringify({ text, lines })}`);
  }
});
