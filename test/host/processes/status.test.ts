import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProcessStatus } from '../../../src/host/processes/status.ts';
import { start } from '../../support/processes.ts';

test('a process that nobody debugs has no tracer and leads its own threads', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.deepEqual(readProcessStatus(child.pid), { threadGroup: child.pid, tracer: 0, isDumpingCore: false });
});

test('a process that does not exist has no status', async () => {
  assert.equal(readProcessStatus(4_194_304), undefined);
});
