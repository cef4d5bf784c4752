import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startedAtMs, startToleranceMs } from '../../../src/host/processes/start-time.ts';
import { mustRead, start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

test('the start of a process lies between the moments before and after it was started', async (t) => {
  const beforeMs = Date.now();
  const child = await start(t, '/bin/sleep', ['1000']);
  const afterMs = Date.now();
  const stat = await mustRead(child.pid);
  // This process may stand still between the two clocks that are read, and then the other one looks older.
  const startedMs = await waitFor('the start to be told without a delay', async () => {
    const askedAtMs = performance.now();
    const toldMs = startedAtMs(stat);
    return performance.now() - askedAtMs < 5 && toldMs;
  });
  assert.ok(startedMs >= beforeMs - startToleranceMs, `${startedMs} is before ${beforeMs}`);
  assert.ok(startedMs <= afterMs + startToleranceMs, `${startedMs} is after ${afterMs}`);
});
