import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gaps } from '../../../src/rig/records/gaps.ts';

test('a gap that occurs again is the same one, and new the first time only', () => {
  const gaps = new Gaps();
  assert.deepEqual([gaps.add('deaf', 1), gaps.add('blind'), gaps.add('deaf', 2)], [true, true, false]);
  assert.deepEqual(
    gaps.list().map(({ cause, times, missing }) => [cause, times, missing]),
    [
      ['deaf', 2, 3],
      ['blind', 1, null],
    ],
  );
});

test('a flood of causes is one gap more than a hundred', () => {
  const gaps = new Gaps();
  for (let number = 0; number < 1000; number++) gaps.add(`cause ${number}`);
  assert.equal(gaps.list().length, 101);
  assert.equal(gaps.list().at(-1)?.times, 900);
});
