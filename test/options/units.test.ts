import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/options/units.ts';

test('durations are milliseconds, a bare number is seconds', () => {
  const given = ['250ms', '10s', '5m', '5min', '2h', '1h30m', '1d', '7', '0.5'];
  assert.deepEqual(
    given.map((text) => parseDuration(text)),
    [250, 10_000, 300_000, 300_000, 7_200_000, 5_400_000, 86_400_000, 7000, 500],
  );
  for (const bad of ['', '0', '-1', '5 m', 'x', '5w', '1h30', '1000d', 'Infinity'])
    assert.throws(() => parseDuration(bad), bad);
  assert.deepEqual(
    ['0', '0s', '1s'].map((text) => parseDuration(text, true)),
    [0, 0, 1000],
    'where none at all makes sense',
  );
});

test('a duration is written as it would be typed', () => {
  assert.deepEqual([250, 1500, 90_000, 3_600_000, 86_400_000].map(formatDuration), [
    '250ms',
    '1.5s',
    '90s',
    '1h',
    '1d',
  ]);
});

test('sizes are bytes, by powers of 1024', () => {
  assert.deepEqual(
    ['7', '512K', '1.5M', '2g', '1T'].map((text) => parseSize(text)),
    [7, 524_288, 1_572_864, 2 ** 31, 2 ** 40],
  );
  for (const bad of ['', '-1', '1KB', '1 K', '1e3', 'x']) assert.throws(() => parseSize(bad), bad);
  assert.throws(() => parseSize('0', 1));
  assert.deepEqual([512, 1536, 20 * 2 ** 20].map(formatSize), ['512 B', '1.5 KiB', '20 MiB']);
});
