import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  killDaemon,
  LOG,
  MESSAGE,
  startWatched,
  theRig,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** A gcore that holds the process with the real gdb, a child of the script as in the real one, and never lets go. */
const holdingGcore = `gdb --nx --batch -ex "attach $3" -ex 'shell touch /run/held; exec sleep 86400'\n:`;

async function triggerHeld(host: TestHost, rig: string[]): Promise<void> {
  await armRig(host, ...rig, '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('gdb to hold the process', () => host.exists('/run/held'));
}

const tracerOf = (host: TestHost, pid: number): string | undefined =>
  /^TracerPid:\s*(\d+)$/m.exec(host.read(`/proc/${pid}/status`))?.[1];

test('what a killed daemon had started dies with it, whatever session it is in, and the rig is recorded as killed', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('gcore', 'setsid sleep 86400 </dev/null >/dev/null 2>&1 &\ntouch /run/runs\nsleep 86400\n:');
  await armRig(host, ...rig, '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('gcore to run', () => host.exists('/run/runs'));
  await killDaemon(host, 'web');
  // No further command of rig is needed.
  await assertNothingLeftAtOnce(host);
  const record = await finished(host, 'web');
  assert.equal(record.status, 'killed');
  assert.deepEqual(record.reasons, ['the daemon was killed']);
  assert.deepEqual(host.processesNamed('sleep'), []);
});

test('rig wait tells of the rig that was killed, and not of an earlier one of its name, while the rest of it is put in order', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  assert.equal((await host.rig('destroy', 'web')).code, 0);
  const earlier = host.read('/var/lib/rig/finished/web.json');
  // What the guardian's folder looks like at its work, and a process that is as slow as a sick disk may make it.
  const { pid } = await host.spawn('sleep', ['86400']);
  const startTime = host.read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[19];
  const [namespace] = /\d+/.exec(await host.must('readlink', ['/proc/1/ns/pid'])) ?? [];
  await host.sh(`mkdir -m 700 /run/rig/web; echo '{}' > /run/rig/web/cleaner.${pid}.${startTime}.${namespace}.json`);
  const waiting = host.rig('wait', 'web');
  await host.rig('list');
  host.write('/var/lib/rig/finished/web.json', earlier.replace('"destroyed"', '"failed"'));
  await host.must('rm', ['-r', '/run/rig/web']);
  assert.equal((await waiting).code, 1);
});

async function assertNothingLeftAtOnce(host: TestHost): Promise<void> {
  await waitFor('the state of the rig to be gone', () => !host.exists('/run/rig/web'));
  await assertNothingLeft(host);
}

test('a process that gdb holds when the daemon is killed runs on, with no tracer', async (t) => {
  const { host, service, rig } = await startWatched(t);
  host.standIn('gcore', holdingGcore);
  await triggerHeld(host, rig);
  assert.equal(host.process(service.pid)?.state, 't');
  await killDaemon(host, 'web');
  await waitFor('the process to run', () => host.process(service.pid)?.state === 'S');
  assert.equal(tracerOf(host, service.pid), '0');
  await assertNothingLeftAtOnce(host);
});

test('a process that was stopped before gdb held it is stopped after the daemon is killed', async (t) => {
  const { host, service, rig } = await startWatched(t);
  host.standIn('gcore', holdingGcore);
  await service.signal('SIGSTOP');
  await waitFor('the process to be stopped', () => host.process(service.pid)?.state === 'T');
  await triggerHeld(host, rig);
  await killDaemon(host, 'web');
  await waitFor('gdb to be gone', () => tracerOf(host, service.pid) === '0');
  await assertNothingLeftAtOnce(host);
  // It takes up its stop again when the kernel gives it its turn.
  await waitFor('the process to be stopped', () => host.process(service.pid)?.state === 'T');
});

test('a journalctl that follows dies with a killed daemon, also when rig itself was removed meanwhile', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.startJournald();
  await host.journal('from before');
  await host.must('cp', ['/usr/local/bin/rig', '/root/rig']);
  const args = [...rig.filter((word) => word !== '--no-journal'), '--journal-reader', 'journalctl', '--name', 'web'];
  assert.equal((await host.run('/root/rig', args)).code, 0);
  await waitFor('journalctl to follow', () => host.processesNamed('journalctl').length === 1);
  await host.must('rm', ['/root/rig']);
  await killDaemon(host, 'web');
  await waitFor('the record', () => host.exists('/var/lib/rig/finished/web.json'));
  await assertNothingLeftAtOnce(host);
  assert.deepEqual(host.processesNamed('journalctl'), []);
});

test('of a rig that has not run any program, too, the record is written when it is killed, and --notify hears of it', async (t) => {
  const host = await startHost(t);
  const options = ['--no-files', '--noop', '--notify', "sh -c 'echo $RIG_STATUS > /run/told'"];
  await host.startJournald();
  await armRig(host, 'logs', '-m', MESSAGE, ...options, '--name', 'web');
  await killDaemon(host, 'web');
  assert.equal((await finished(host, 'web')).status, 'killed');
  await waitFor('--notify to run', () => host.exists('/run/told') && host.read('/run/told') === 'killed\n');
  await assertNothingLeftAtOnce(host);
});

test('where the guardian is killed too, list, info and wait show it and touch nothing; destroy takes down what is left', async (t) => {
  const { host, service, rig } = await startWatched(t);
  host.standIn('gcore', holdingGcore);
  await triggerHeld(host, rig);
  await killWithGuardian(host, 'web');
  const before = await everythingOf(host);
  const listed = await host.rig('list');
  assert.match(listed.stdout, /^web .* killed /m);
  assert.match(listed.stderr, /^rig: web: its daemon was killed; rig destroy web cleans up what it left\n$/);
  assert.equal(JSON.parse((await host.rig('info', 'web', '--json')).stdout).status, 'killed');
  assert.equal((await host.rig('wait', 'web', '--timeout', '1')).code, 124);
  assert.equal(await everythingOf(host), before);
  const { stderr } = await host.rig('destroy', 'web');
  assert.match(stderr, /web: its daemon was killed; cleaned up/);
  await waitFor('the process to run', () => host.process(service.pid)?.state === 'S');
  await assertNothingLeft(host);
});

test('a new rig takes the name of one that was killed together with its guardian, and takes that down', async (t) => {
  const { host, service, rig } = await startWatched(t);
  host.standIn('gcore', holdingGcore);
  await triggerHeld(host, rig);
  await killWithGuardian(host, 'web');
  const { code, stderr } = await host.rig(...rig, '--name', 'web');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /web: its daemon was killed; cleaned up/);
  await waitFor('the process to run', () => host.process(service.pid)?.state === 'S');
  assert.equal((await host.rig('destroy', 'web')).code, 0);
});

/** Kills a daemon and its guardian. */
async function killWithGuardian(host: TestHost, id: string): Promise<void> {
  const { pid } = await theRig(host, id);
  const guardian = host.processes().find(({ args }) => args.includes('rig-guardian'));
  assert.ok(guardian);
  // Stopped first: it would start another guardian.
  await host.sh(`kill -STOP ${pid}; kill -KILL ${guardian.pid} ${pid}`);
  await waitFor('the daemon to end', () => [undefined, 'Z'].includes(host.process(pid)?.state));
}

/** What a command could change: rig's files, and the processes of this host. */
async function everythingOf(host: TestHost): Promise<string> {
  const files = await host.must('find', [
    '/run/rig',
    '/var/lib/rig',
    '/var/tmp',
    '/var/log/rig',
    '-printf',
    '%p %s %T@\\n',
  ]);
  const processes = host.processes().map(({ pid, state, args }) => `${pid} ${state} ${args.join(' ')}`);
  return `${files}\n${processes.join('\n')}`;
}

test('a daemon is the last that the kernel takes for its memory and leaves no core; its children are as others', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('gcore', 'exec sleep 86400');
  await armRig(host, ...rig, '--name', 'web');
  const { pid } = await theRig(host, 'web');
  host.append(LOG, `${MESSAGE}\n`);
  const { pid: child } = await waitFor('gcore to run', () => host.processesNamed('sleep')[0]);
  const own = host.read('/proc/1/coredump_filter');
  // Where the machine that runs the tests may not lower it (no CAP_SYS_RESOURCE, bit 24), the rig works without.
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(host.read('/proc/1/status'))?.[1]}`);
  const lowered = (capabilities >> 24n) & 1n ? '-500\n' : '0\n';
  // While it starts a program, it is for a moment as that is to be.
  await waitFor('it to be defended', () => host.read(`/proc/${pid}/oom_score_adj`) === lowered);
  await waitFor('it to be secret', () => Number.parseInt(host.read(`/proc/${pid}/coredump_filter`), 16) === 0);
  assert.equal(host.read(`/proc/${child}/oom_score_adj`), '0\n');
  assert.equal(host.read(`/proc/${child}/coredump_filter`), own);
  assert.match(host.read(`/proc/${pid}/limits`), /^Max core file size +1 +unlimited /m);
});

test('the guardian ends with its rig, and sleeps until then', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  const guardian = await waitFor('the guardian', () =>
    host.processes().find(({ args }) => args.includes('rig-guardian')),
  );
  await waitFor('the guardian to sleep', () => host.process(guardian.pid)?.state === 'S');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
  await waitFor('the guardian to end', () => [undefined, 'Z'].includes(host.process(guardian.pid)?.state));
});
