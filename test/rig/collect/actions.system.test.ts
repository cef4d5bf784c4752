import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  hasWarmedUp,
  type Manifest,
  MESSAGE,
  startService,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const LOG = '/var/log/messages';

async function startLogged(t: Parameters<typeof startHost>[0]): Promise<TestHost> {
  const host = await startHost(t);
  host.write(LOG, '');
  return host;
}

const arm = (host: TestHost, ...actions: Array<string | number>) =>
  armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...actions);

/** Writes the line and waits for the end; gives the record and the manifest. */
async function trigger(host: TestHost, id: string) {
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.ok(record.archive, record.reasons.join());
  return { record, manifest: await host.manifest<Manifest>(record.archive), names: await host.tarList(record.archive) };
}

test('a process that has exited is recorded as such, and the rig has failed', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  const id = await arm(host, '--gcore', service.pid);
  await service.kill();
  const { record } = await trigger(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /myservice.*had exited/);
});

test('a pid that another process has by now is never dumped', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  const id = await arm(host, '--gcore', service.pid);
  await service.kill();
  // proc_sys_kernel(5): the next process of this pid namespace gets the pid after this one. It may be one of rig's.
  const next = `echo ${service.pid - 1} > /proc/sys/kernel/ns_last_pid; setsid sleep 86400 >/dev/null 2>&1 </dev/null &`;
  await hasWarmedUp(host, id);
  await waitFor('the pid to be given again', async () => {
    const found = host.process(service.pid);
    if (found === undefined) await host.must('sh', ['-c', next]);
    return found?.comm === 'sleep';
  });
  const { record, names } = await trigger(host, id);
  assert.equal(record.status, 'failed');
  assert.ok(!names.some((name) => name.includes('core.')));
});

test('a name is looked up when it triggers: a service that was restarted is dumped', async (t) => {
  const host = await startLogged(t);
  const before = await startService(host);
  const id = await arm(host, '--gcore', 'myservice');
  await before.kill();
  const after = await startService(host);
  const { record, names } = await trigger(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.ok(names.some((name) => name.endsWith(`core.myservice.${after.pid}`)));
});

test('a process that another rig had just let go of when gdb was refused is dumped all the same', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  const refuse = `touch /run/refused; echo 'ptrace: Operation not permitted.' >&2; exit 1`;
  host.standIn('gcore', `[ ! -e /run/refused ] || exec /usr/bin/gcore "$@"\n${refuse}`);
  const { record, names } = await trigger(host, await arm(host, '--gcore', service.pid));
  assert.ok(host.exists('/run/refused'));
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.ok(names.some((name) => name.endsWith(`core.myservice.${service.pid}`)));
});

test('a name of several processes is an error, unless --gcore-all-pids dumps them all', async (t) => {
  const host = await startLogged(t);
  const services = [await startService(host), await startService(host)];
  const refused = await host.rig('logs', '-m', MESSAGE, '--gcore', 'myservice');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--gcore-all-pids/);
  const { names } = await trigger(host, await arm(host, '--gcore', 'myservice', '--gcore-all-pids'));
  for (const { pid } of services) assert.ok(names.some((name) => name.endsWith(`core.myservice.${pid}`)));
});

test('several pids, by comma and by repeating the option, are all dumped whole', async (t) => {
  const host = await startLogged(t);
  const pids = [(await startService(host)).pid, (await startService(host)).pid, (await startService(host)).pid];
  const id = await arm(host, '--gcore', `${pids[0]},${pids[1]}`, '--gcore', String(pids[2]));
  const { manifest } = await trigger(host, id);
  const processes = manifest.actions[0]?.details.processes as { pid: number; complete: boolean }[];
  assert.deepEqual(
    processes.map(({ pid, complete }) => [pid, complete]),
    pids.map((pid) => [pid, true]),
  );
});

test('--gcore @match dumps whoever logged the matching journal entry', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('from before');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', '@match');
  // The shell itself writes to its stream to journald, and lives on.
  const logger = await host.spawn('systemd-cat', [
    '--',
    'bash',
    '-c',
    `echo '${MESSAGE}'; while :; do read -t 1000 <> <(:); done`,
  ]);
  const { archive, reasons } = await finished(host, id);
  assert.ok(
    (await host.tarList(archive ?? '')).some((name) => name.endsWith(`/core.bash.${logger.pid}`)),
    reasons.join(),
  );
});

test('an action that takes too long is ended with its children, and the next one still runs', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  host.standIn('gcore', 'sleep 86400 & echo half > "$2.$3"; wait');
  host.standIn('sos', 'while [ "$1" != --tmp-dir ]; do shift; done; tar cf "$2/x.tar" /etc/hostname; echo "$2/x.tar"');
  const id = await arm(host, '--gcore', service.pid, '--sosreport', '--action-timeout', '3s');
  const { record, manifest, names } = await trigger(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /^gcore: not done within 3 s/);
  assert.deepEqual(
    manifest.actions.map(({ status }) => status),
    ['timed out', 'done'],
  );
  assert.ok(
    names.some((name) => name.includes('core.myservice')),
    'what it had made is kept',
  );
  assert.ok(names.some((name) => name.endsWith('sosreport/x.tar')));
  await assertNothingLeft(host);
});

test('an action that fails says why in the manifest, with its exit code and what it said', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  host.standIn('gcore', 'echo "ptrace: no such luck" >&2; exit 7');
  const { manifest, record } = await trigger(host, await arm(host, '--gcore', service.pid));
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /gcore: .*no such luck/);
  const [program] = manifest.actions[0]?.programs ?? [];
  assert.equal(program?.exitCode, 7);
  assert.match(JSON.stringify(program), /no such luck/);
});

test('a core that was cut short is not called complete', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  // The real gcore, and then a disk that loses the second half.
  host.standIn('gcore', '/usr/bin/gcore "$@"; status=$?; truncate -s 20000 "$2.$3"; exit $status');
  const { manifest, record } = await trigger(host, await arm(host, '--gcore', service.pid));
  assert.equal(record.status, 'failed');
  const processes = manifest.actions[0]?.details.processes as { complete: boolean; status: string }[];
  const [dumped] = processes;
  assert.deepEqual([dumped?.status, dumped?.complete], ['incomplete', false]);
});

test('a missing collector is an error at creation that names the package', async (t) => {
  const host = await startLogged(t);
  const service = await startService(host);
  await host.must('sh', ['-c', 'mount -t tmpfs none /mnt && : > /mnt/nothing']);
  for (const [hidden, args, says] of [
    ['/usr/bin/gcore', ['--gcore', String(service.pid)], /--gcore: .*gdb/],
    ['/usr/bin/sosreport', ['--sosreport'], /--sosreport: .*sos/],
  ] as const) {
    await host.must('mount', ['--bind', '/mnt/nothing', hidden]);
    if (hidden.includes('sos')) await host.sh('mount --bind /mnt/nothing /usr/bin/sos');
    const { code, stderr } = await host.rig('logs', '-m', MESSAGE, '--no-journal', ...args);
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.match(stderr, /^rig: [^\n]+\n$/);
  }
  await assertNothingLeft(host);
});
