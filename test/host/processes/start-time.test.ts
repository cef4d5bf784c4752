import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startedAtMs, startToleranceMs } from '../../../src/host/processes/start-time.ts';
import { mustRead, start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

test('a process has started between the moments before and after its start', async (t) => {
  const beforeMs = Date.now();
  const child = await start(t, '/bin/sleep', ['1000']);
  const afterMs = Date.now();
  const stat = await mustRead(child.pid);
  // Again where this process stood still between its readings of the two clocks: the other one looks older then.
  const startedMs = await waitFor('a reading without a delay', async () => {
    const askedAtMs = performance.now();
    const readMs = startedAtMs(stat);
    return performance.now() - askedAtMs < 5 && readMs;
  });
  assert.ok(startedMs >= beforeMs - startToleranceMs, `${startedMs} is before ${beforeMs}`);
  assert.ok(startedMs <= afterMs + startToleranceMs, `${startedMs} is after ${afterMs}`);
});
