import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/options/nearest.ts';

test('only a near miss is offered as what was meant', () => {
  assert.equal(nearest('mesage', ['message', 'count']), 'message');
  assert.equal(nearest('zzz', ['message', 'count']), undefined);
});
