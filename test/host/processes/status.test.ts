import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAtStatus } from '../../../src/host/processes/status.ts';
import { start } from '../../support/processes.ts';

test('a process that nobody debugs has no tracer and leads its own threads', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  const found = { threadGroup: child.pid, tracer: 0, isDumpingCore: false };
  assert.deepEqual(lookAtStatus(child.pid), { life: 'alive', found });
});

test('a process that does not exist is dead', async () => {
  assert.deepEqual(lookAtStatus(4_194_304), { life: 'dead' });
});
