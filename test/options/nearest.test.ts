import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/options/nearest.ts';

test('only a near miss is offered as what was meant', () => {
  assert.equal(nearest('mesage', ['message', 'count']), 'message');
  assert.equal(nearest('lgos', ['logs', 'list']), 'logs');
  assert.equal(nearest('nme', ['name', 'nice']), 'name');
  assert.equal(nearest('file', ['nice', 'message']), undefined);
  assert.equal(nearest('since', ['nice']), undefined);
  assert.equal(nearest('zzz', ['message', 'count']), undefined);
});
