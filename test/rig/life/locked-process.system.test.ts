/** A process whose memory map is locked makes everybody wait who reads its arguments or its environment: not rig. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startLocked } from '../../support/fuse.ts';
import { startHost, type TestHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, killDaemon, LOG, type Manifest, MESSAGE } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

async function hostWithLocked(t: TestContext) {
  const host = await startHost(t);
  host.write(LOG, '');
  await host.must('cp', ['/bin/sleep', '/usr/local/bin/healthy-service']);
  const service = await host.spawn('healthy-service', ['86400']);
  const { pid: locked, unlock } = await startLocked(host);
  const assertClean = async (): Promise<void> => {
    await unlock();
    await assertNothingLeft(host);
  };
  return { host, locked, service: service.pid, assertClean };
}

const watching = ['logs', '-m', MESSAGE, '--no-journal'];

async function manifestAfterTrigger(host: TestHost, id: string): Promise<Manifest> {
  host.append(LOG, `${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  return await host.manifest<Manifest>(archive ?? '');
}

test('where one process is locked, a rig is armed by the name of another one, dumps it and ends', async (t) => {
  const { host, assertClean } = await hostWithLocked(t);
  const id = await armRig(host, ...watching, '--gcore', 'healthy-service', '--exec', 'true');
  const { status, actions } = await manifestAfterTrigger(host, id);
  assert.equal(status, 'finished');
  assert.deepEqual(
    actions.map(({ status: each }) => each),
    ['done', 'done'],
  );
  await assertClean();
});

test('where one process is locked, rigs are listed, explained, awaited and destroyed', async (t) => {
  const { host, assertClean } = await hostWithLocked(t);
  for (const name of ['one', 'two']) await armRig(host, ...watching, '--noop', '--name', name);
  assert.match((await host.rig('list')).stdout, /^one .*\ntwo /m);
  assert.equal((await host.rig('info', 'one')).code, 0);
  assert.equal((await host.rig('wait', 'one', '--timeout', '1')).code, 124);
  assert.equal((await host.rig('destroy', 'one')).code, 0);
  assert.equal((await host.rig('destroy', '--all', '--force')).code, 0);
  await assertClean();
});

test('where one process is locked, what gdb holds runs on when the daemon is killed', async (t) => {
  const { host, service, assertClean } = await hostWithLocked(t);
  host.standIn('gcore', `gdb --nx --batch -ex "attach $3" -ex 'shell touch /run/held; exec sleep 86400'\n:`);
  await armRig(host, ...watching, '--gcore', String(service), '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('gdb to hold the process', () => host.exists('/run/held'));
  await killDaemon(host, 'web');
  await waitFor('the process to run', () => / S /.test(host.read(`/proc/${service}/stat`)));
  assert.equal((await finished(host, 'web')).status, 'killed');
  await assertClean();
});

test('a process that is locked is dumped as far as gdb can, and the rig ends', async (t) => {
  const { host, locked, assertClean } = await hostWithLocked(t);
  const id = await armRig(host, ...watching, '--gcore', String(locked), '--action-timeout', '3', '--noop');
  const { actions } = await manifestAfterTrigger(host, id);
  assert.equal(actions.find(({ name }) => name === 'gcore')?.status, 'timed out');
  await assertClean();
});

test('rig process watches by name where one process is locked', async (t) => {
  const { host, service } = await hostWithLocked(t);
  const id = await armRig(host, 'process', '--proc', 'healthy-service', '--exit', '--interval', '100ms', '--noop');
  await host.kill(service, 'SIGKILL');
  assert.equal((await finished(host, id)).status, 'finished');
});
