import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeState } from '../../../src/host/processes/describe-state.ts';
import { readMappings } from '../../../src/host/processes/mappings.ts';
import { findByName, readCommandLine, readExecutable } from '../../../src/host/processes/names.ts';
import { hasMemory, lifeOf, livingThread } from '../../../src/host/processes/stat.ts';
import { readDumpFilter } from '../../../src/host/processes/status.ts';
import { end, mustRead, seen, start, startWithoutMainThread } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

test('a process has memory until it ends', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.equal(hasMemory(child.pid), true);
  await end(child);
  assert.equal(hasMemory(child.pid), false);
});

test('a process whose main thread has ended is alive, with the state, memory, program and names that it has', async (t) => {
  const pid = await startWithoutMainThread(t);
  const found = await mustRead(pid);
  assert.equal(found.state, 'S');
  assert.equal(lifeOf(found) === 'alive', true);
  assert.equal(hasMemory(pid), true);
  assert.ok((await readMappings(pid)).length > 0);
  assert.ok(readDumpFilter(pid));
  assert.match((await describeState(pid)) ?? '', /^it waits/);
  const program = (await readExecutable(pid)) ?? assert.fail('it has no program');
  assert.equal((await readCommandLine(pid))[1], '-c');
  assert.ok((await findByName(program)).some((process) => process.pid === pid));
});

test('a process whose main thread has ended is dead when its last thread is', async (t) => {
  const pid = await startWithoutMainThread(t);
  const found = await mustRead(pid);
  process.kill(livingThread(pid), 'SIGKILL');
  await waitFor('it to end', () => !(lifeOf(found) === 'alive'));
  assert.notEqual(seen(pid)?.state, 'S');
});
