import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../support/host.ts';
import { armRig, assertNothingLeft, finished, type Manifest, startService, theSources } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

/** Looks often, so that the test need not wait for a second each time. */
const quick = ['--interval', '50ms'];

test('a process that is stopped triggers, and the trigger and the dump are about it', async (t) => {
  const host = await startHost(t);
  const service = await startService(host);
  const args = ['--proc', 'myservice', '--state', 'T', '--for', '200ms', '--gcore', '@match'];
  const id = await armRig(host, 'process', ...args, ...quick);
  await host.kill(service.pid, 'SIGSTOP');
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  const manifest = await host.manifest<Manifest & { trigger: { facts: Record<string, unknown> } }>(
    record.archive ?? '',
  );
  const { subject, text, facts } = manifest.trigger as unknown as Record<string, unknown>;
  assert.equal(subject, `myservice (${service.pid})`);
  assert.equal(text, 'state T');
  assert.ok(Number((facts as { forMs: number }).forMs) >= 200, 'it has been stopped for so long');
  assert.ok((await host.tarList(record.archive ?? '')).some((name) => name.endsWith(`core.myservice.${service.pid}`)));
  await assertNothingLeft(host);
});

test('@monitor dumps the processes that are watched', async (t) => {
  const host = await startHost(t);
  const service = await startService(host);
  const id = await armRig(host, 'process', '--proc', service.pid, '--state', 'T', '--gcore', '@monitor', ...quick);
  await host.kill(service.pid, 'SIGSTOP');
  const record = await finished(host, id);
  assert.ok((await host.tarList(record.archive ?? '')).some((name) => name.endsWith(`core.myservice.${service.pid}`)));
});

test('a process that exits triggers, by its PID and by its name, and one that comes later counts too', async (t) => {
  const host = await startHost(t);
  const first = await startService(host);
  const byPid = await armRig(host, 'process', '--proc', first.pid, '--exit', '--noop', ...quick);
  const byName = await armRig(host, 'process', '--proc', 'later', '--exit', '--noop', ...quick);
  await host.kill(first.pid, 'SIGKILL');
  const manifest = await host.manifest<Manifest>((await finished(host, byPid)).archive ?? '');
  assert.equal((manifest.trigger as unknown as { text: string }).text, 'has exited');
  const later = await startService(host, 'later');
  await waitFor('the later process to be seen', async () =>
    JSON.stringify(await theSources(host, byName)).includes(`"pid":${later.pid}`),
  );
  await host.kill(later.pid, 'SIGKILL');
  assert.equal((await finished(host, byName)).status, 'finished');
});

test('a zombie is a state to wait for', async (t) => {
  const host = await startHost(t);
  const id = await armRig(host, 'process', '--proc', 'zombie', '--state', 'Z', '--noop', ...quick);
  await host.must('cp', ['/bin/true', '/usr/local/bin/zombie']);
  // exec leaves the child to a program that never waits for it.
  await host.spawn('sh', ['-c', 'zombie & exec sleep 1000']);
  assert.equal((await finished(host, id)).status, 'finished');
});

test('a process that is named twice counts once at each look', async (t) => {
  const host = await startHost(t);
  const service = await startService(host);
  await host.kill(service.pid, 'SIGSTOP');
  const twice = `${service.pid},myservice,/usr/local/bin/myservice`;
  const id = await armRig(host, 'process', '--proc', twice, '--state', 'T', '--cycles', 5, '--noop', ...quick);
  const { trigger } = await host.manifest<Manifest>((await finished(host, id)).archive ?? '');
  const { forMs } = trigger.facts as { forMs?: number };
  assert.ok(Number(forMs) >= 150, `five looks, 50 ms apart, took ${forMs} ms`);
});

test('when its only processes have exited, a rig that waits for a state ends and says so', async (t) => {
  const host = await startHost(t);
  const service = await startService(host);
  const id = await armRig(host, 'process', '--proc', service.pid, '--state', 'D', '--noop', ...quick);
  await host.kill(service.pid, 'SIGKILL');
  const { status, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.deepEqual(reasons, [`myservice (${service.pid}) has exited`]);
});

test('a state that lasts triggers once, and again only after it was over', async (t) => {
  const host = await startHost(t);
  const service = await startService(host);
  const id = await armRig(host, 'process', '--proc', service.pid, '--state', 'T', '--restart', 1, '--noop', ...quick);
  const triggers = async () => JSON.parse(await host.must('rig', ['info', id, '--json'])).triggers as number;
  await host.kill(service.pid, 'SIGSTOP');
  await waitFor('the first trigger', async () => (await triggers()) === 1);
  const looks = async () => Number((await theSources(host, id))[0]?.looks);
  const before = await looks();
  await waitFor('ten more looks', async () => (await looks()) > before + 10);
  assert.equal(await triggers(), 1);
  await host.kill(service.pid, 'SIGCONT');
  const after = await looks();
  await waitFor('a look in between', async () => (await looks()) > after + 2);
  await host.kill(service.pid, 'SIGSTOP');
  assert.equal((await finished(host, id)).status, 'finished');
});

for (const [what, typed, says] of [
  ['a PID that is not there', '--proc 4194303 --exit', /--proc: there is no process 4194303/],
  ['no condition', '--proc sh', /--proc goes with --state or --exit/],
  ['no process', '--exit', /--proc PID\|NAME,\.\.\. is needed/],
  ['no process found by pidof', '--proc $(pidof no-such-thing) --exit', /--proc: no process given: did pidof/],
  ['an unknown state', '--proc sh --state Q', /--state: expected R, S, D, Z, T, t or I, got "Q"/],
  ['--for without a state', '--proc sh --exit --for 5s', /--for goes with --state/],
  ['--count without an event', '--proc sh --state D --count 3', /--count goes with --exit/],
] as const)
  test(`${what} is one clear line`, async (t) => {
    const host = await startHost(t);
    const { code, stderr } = await host.sh(`rig process ${typed} --noop`);
    assert.match(stderr, says);
    assert.match(stderr, /^rig: [^\n]+\n$/);
    assert.equal(code, 2);
  });
