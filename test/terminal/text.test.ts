import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge } from '../../src/options/units.ts';
import { visible } from '../../src/terminal/text.ts';

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
