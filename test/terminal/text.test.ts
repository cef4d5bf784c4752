import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge } from '../../src/options/units.ts';
import { jsonText, visible } from '../../src/terminal/text.ts';

test('control characters become visible, everything else stays', () => {
  assert.equal(visible('a\x1b[2Jb\r\n\x00\x7f\x9b é 漢 😀'), 'a\\x1b[2Jb\\x0d\\x0a\\x00\\x7f\\x9b é 漢 😀');
  assert.equal(visible('right\u202eto left'), 'right\\u202eto left');
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
