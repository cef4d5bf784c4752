/** A file system that no longer answers, as NFS without its server: here, FUSE whose program is stopped. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { mountFuse } from '../../support/fuse.ts';
import { startHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  hasWarmedUp,
  LOG,
  type Manifest,
  MESSAGE,
  theSources,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

async function hostWithFuse(t: TestContext) {
  const host = await startHost(t);
  host.write(LOG, '');
  host.write('/tmp/files/app.log', '');
  const server = await mountFuse(host, '/tmp/files', '/mnt/remote');
  return { host, hang: () => server.signal('SIGSTOP'), goOn: () => server.signal('SIGCONT') };
}

test('a log whose file system hangs holds up no other log, no command, no trigger and no end', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  const logs = ['--logfile', `/mnt/remote/app.log,/mnt/remote/*.txt,${LOG}`];
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...logs, '--noop', '--restart', '1');
  await hang();
  const said = `${id} warn /mnt/remote/app.log does not answer`;
  await waitFor('rig to notice', () => host.read('/var/log/rig/rig.log').includes(said));
  assert.match((await host.rig('list')).stdout, /watching/);
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the trigger', async () => JSON.parse((await host.rig('list', '--json')).stdout)[0]?.archive);
  await goOn();
  host.append('/tmp/files/app.log', `${MESSAGE} 2\n`);
  const { archive } = await finished(host, id);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.text, `${MESSAGE} 2`);
  await assertNothingLeft(host);
});

test('a rig with a log that hangs is destroyed', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--logfile', '/mnt/remote/app.log', '--noop');
  await waitFor('it to be read', async () => (await theSources(host, id))[0]?.state === 'following');
  await hang();
  const said = `${id} warn /mnt/remote/app.log does not answer`;
  await waitFor('rig to notice', () => host.read('/var/log/rig/rig.log').includes(said));
  assert.equal((await host.rig('destroy', id)).code, 0);
  assert.equal((await finished(host, id)).status, 'destroyed');
  await goOn();
  await assertNothingLeft(host);
});

test('creation that meets a file system that hangs says which option waits for it, and nothing remains', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  await hang();
  const watching = ['logs', '-m', MESSAGE, '--no-journal'];
  const [log, output] = await Promise.all([
    host.run(host.rigPath, [...watching, '--logfile', '/mnt/remote/app.log', '--noop'], { timeoutMs: 120_000 }),
    host.run(host.rigPath, [...watching, '--output-dir', '/mnt/remote', '--noop'], { timeoutMs: 120_000 }),
  ]);
  assert.deepEqual([log.code, output.code], [1, 1]);
  assert.equal(log.stderr, 'rig: not done within 30 s: it waits for --logfile /mnt/remote/app.log\n');
  assert.equal(output.stderr, 'rig: not done within 30 s: it waits for --output-dir /mnt/remote\n');
  await goOn();
  await assertNothingLeft(host);
});

test('where the output folder hangs at the trigger, the result is in the usual place, and the record says so', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  const options = ['--output-dir', '/mnt/remote', '--exec', 'echo collected'];
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...options);
  await hasWarmedUp(host, id, '/mnt/remote');
  await hang();
  host.append(LOG, `${MESSAGE}\n`);
  const { status, archive, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.match(reasons.join('\n'), /\/mnt\/remote does not answer: the result is in \/var\/tmp/);
  assert.match(archive ?? '', /^\/var\/tmp\//);
  assert.match(await host.must('tar', ['-tf', archive ?? '']), /exec/);
  await goOn();
  await assertNothingLeft(host);
});

test('where the output folder hangs while an action writes to it, the rig ends, and the record says where the rest is', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  const script = 'touch /tmp/begun; while :; do date >> lines; done';
  const options = ['--output-dir', '/mnt/remote', '--exec-shell', '--exec', script, '--noop'];
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...options);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the action', () => host.exists('/tmp/begun'));
  await hang();
  const { status, archive, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.equal(archive, null);
  assert.match(reasons.join('\n'), /\/mnt\/remote does not answer: what was collected is in \/mnt\/remote\/rig\./);
  await goOn();
  await assertNothingLeft(host);
});

test('a process whose executable is on a file system that hangs costs no longer than the time limit of its dump, and goes on', async (t) => {
  const { host, hang, goOn } = await hostWithFuse(t);
  await host.must('cp', ['/bin/sleep', '/tmp/files/sleep']);
  const target = await host.spawn('/mnt/remote/sleep', ['600']);
  const options = ['--gcore', `${target.pid}`, '--action-timeout', '2s', '--exec', 'echo collected'];
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...options);
  await hasWarmedUp(host, id);
  await hang();
  host.append(LOG, `${MESSAGE}\n`);
  const { status, archive } = await finished(host, id);
  assert.match(await host.must('tar', ['-tf', archive ?? '']), /exec/);
  console.log(status, JSON.stringify(await host.manifest(archive ?? ''), null, 1));
  assert.match(host.read(`/proc/${target.pid}/stat`), /\) S /);
  await goOn();
  await assertNothingLeft(host);
});
