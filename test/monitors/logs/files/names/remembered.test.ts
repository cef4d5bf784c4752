import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Remembered } from '../../../../../src/monitors/logs/files/names/remembered.ts';

test('of the files that a rig has looked through only so many are remembered, those that were noted last', () => {
  const remembered = new Remembered<number>();
  const note = (from: number, to: number): void => {
    for (let file = from; file < to; file++) remembered.set(`file ${file}`, file);
  };
  note(0, 10_000);
  assert.equal(remembered.size, 10_000);
  remembered.set('file 0', 0);
  note(10_000, 10_005);
  assert.equal(remembered.size, 10_000);
  const isKnown = ['file 0', 'file 1', 'file 5', 'file 6', 'file 10004'].map((file) => remembered.has(file));
  assert.deepEqual(isKnown, [true, false, false, true, true]);
});
