import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMemory } from '../../../src/host/processes/stat.ts';
import { end, start } from '../../support/processes.ts';

test('a process has memory until it ends', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.equal(hasMemory(child.pid), true);
  await end(child);
  assert.equal(hasMemory(child.pid), false);
});
