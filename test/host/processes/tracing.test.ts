import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tracerOf } from '../../../src/host/processes/status.ts';
import { killTracers, letRun } from '../../../src/host/processes/tracing.ts';
import { mustRead, seen, start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

const stateOf = async (pid: number) => seen(pid)?.state;

test('a process that a killed tracer left stopped runs again', async (t) => {
  const { pid } = await start(t, '/bin/sleep', ['1000']);
  const target = await mustRead(pid);
  process.kill(pid, 'SIGSTOP');
  await waitFor('the process to stop', async () => (await stateOf(pid)) === 'T');
  assert.equal(await letRun(target, true), 0);
  await waitFor('the process to run', async () => (await stateOf(pid)) !== 'T');
});

test('a stopped process that has the pid of the target, but is another one, stays stopped', async (t) => {
  const { pid } = await start(t, '/bin/sleep', ['1000']);
  const target = await mustRead(pid);
  process.kill(pid, 'SIGSTOP');
  await waitFor('the process to stop', async () => (await stateOf(pid)) === 'T');
  await letRun({ ...target, startTime: target.startTime - 1 }, false);
  assert.equal(await stateOf(pid), 'T');
});

test('a process that runs and was let go in order gets no signal', async (t) => {
  const child = await start(t, 'bash', ['-c', 'trap "echo woken" CONT; echo ready; read; read']);
  let said = '';
  child.stdout?.on('data', (chunk) => (said += chunk));
  await waitFor('bash to be ready', () => said === 'ready\n');
  await letRun(await mustRead(child.pid), true);
  child.stdin?.end('\n\n');
  await waitFor('bash to end', () => child.exitCode !== null);
  assert.equal(said, 'ready\n');
});

test('a debugger that is killed leaves its target running, with no tracer', async (t) => {
  const { pid } = await start(t, '/bin/sleep', ['1000']);
  // A real gdb that has attached and waits.
  const gdb = await start(t, 'gdb', ['--nx', '--batch', '-ex', `attach ${pid}`, '-ex', 'shell sleep 1000']);
  await waitFor('gdb to attach', async () => tracerOf(pid) === gdb.pid);
  await killTracers(async () => [gdb.pid]);
  assert.equal(tracerOf(pid), 0);
  await waitFor('the process to run', async () => (await stateOf(pid)) === 'S');
});
