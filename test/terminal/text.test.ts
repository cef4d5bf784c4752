import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge } from '../../src/options/units.ts';
import { jsonText, visible, visibleLines } from '../../src/terminal/text.ts';

/** Everything on which a terminal acts, but for what ends a line, and tabs. */
const everyControl = Array.from({ length: 0x10000 }, (_, code) => [code, String.fromCharCode(code)] as const).filter(
  ([code, character]) => visible(character) !== character && ![0x09, 0x0a].includes(code),
);

test('control characters become visible, everything else stays', () => {
  assert.equal(visible('a\x1b[2Jb\r\n\x00\x7f\x9b é 漢 😀'), 'a\\x1b[2Jb\\x0d\\x0a\\x00\\x7f\\x9b é 漢 😀');
  assert.equal(visible('right\u202eto left'), 'right\\u202eto left');
});

test('in lines of a log control characters become visible; tabs, line ends and bytes of other encodings stay', () => {
  const shown = (text: string, encoding: BufferEncoding = 'utf8') =>
    visibleLines(Buffer.from(text, encoding)).toString(encoding);
  assert.equal(shown('a\tb\r\n\x1b[2Jc\rd\x00\x7f\n'), 'a\tb\r\n\\x1b[2Jc\\x0dd\\x00\\x7f\n');
  assert.equal(
    shown('\u009b31m \u202e \u2066 \u200f \u061c é 漢 😀 …'),
    '\\x9b31m \\u202e \\u2066 \\u200f \\u061c é 漢 😀 …',
  );
  for (const [code, character] of everyControl)
    assert.equal(shown(character), visible(character), `U+${code.toString(16)}`);
  assert.equal(shown('caf\xe9 \xff\xfe', 'latin1'), 'caf\xe9 \xff\xfe');
});

test('an age is given in its largest unit', () => {
  assert.deepEqual([-5, 0, 59_999, 60_000, 3_600_000, 86_400_000 * 3].map(formatAge), [
    '0s',
    '0s',
    '59s',
    '1m',
    '1h',
    '3d',
  ]);
});

test('JSON for people has no character on which a terminal acts, and the same values', () => {
  const value = { 'a\u009b31m': ['\u007f', '\u202eabc', '\u200f', 'é', '\u{1f600}'] };
  const text = jsonText(value);
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e]/);
  assert.match(text, /\\u009b31m.*\\u007f.*\\u202eabc.*\\u200f.*é/s);
  assert.deepEqual(JSON.parse(text), value);
});
