/** What creation finds out of whether processes of this host can be dumped at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../support/host.ts';
import { armRig, startService } from '../support/rigs.ts';

const watch = ['logs', '-m', 'no such line', '--no-journal', '--gcore'];

/** Runs a program without CAP_SYS_PTRACE, as the root of a container is. */
const uncapable = ['--bounding-set', '-sys_ptrace', '--inh-caps', '-sys_ptrace'];

test('creation proves once a boot that gdb can attach, and keeps that private', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  host.standIn('gdb', 'echo run >>/run/gdb-runs; exec /usr/bin/gdb "$@"');
  await armRig(host, ...watch, 'nobody');
  await armRig(host, ...watch, 'nobody');
  assert.equal(host.read('/run/gdb-runs'), 'run\n');
  assert.equal((await host.must('stat', ['-c', '%a', '/run/rig/.attached'])).trim(), '600');
});

test('a gdb that does not work is refused in its own words, and tried again', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  host.standIn('gdb', 'echo "gdb: error while loading shared libraries: libx.so.1" >&2; exit 127');
  for (let time = 1; time <= 2; time++) {
    const { code, stderr } = await host.rig(...watch, 'nobody');
    assert.equal(code, 1);
    assert.match(stderr, /^rig: --gcore: gdb cannot attach to processes here: gdb says: .*libx\.so\.1\n$/m);
  }
});

test('without CAP_SYS_PTRACE a process that has more is refused, and others are remarked on', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const service = await startService(host);
  for (const name of [String(service.pid), 'myservice']) {
    const { code, stderr } = await host.run('setpriv', [...uncapable, 'rig', ...watch, name]);
    assert.equal(code, 2);
    assert.match(stderr, /^rig: --gcore: myservice \(\d+\): rig may not attach to it.*CAP_SYS_PTRACE/);
  }
  const { code, stderr } = await host.run('setpriv', [...uncapable, 'rig', ...watch, 'nobody']);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^rig: --gcore: rig lacks CAP_SYS_PTRACE: it cannot dump the processes of other users/m);
});

/** Runs a rig below a PID 1 of this name. */
async function belowFirst(t: Parameters<typeof startHost>[0], name: string, wanted: string) {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  await host.must('cp', ['/bin/bash', `/usr/local/bin/${name}`]);
  const script = `rig ${watch.map((word) => `'${word}'`).join(' ')} ${wanted}; exit $?`;
  return await host.run('unshare', ['--pid', '--fork', '--mount-proc', name, '-c', script]);
}

for (const wanted of ['1', 'systemd'])
  test(`init is not dumped, meant by ${wanted}`, async (t) => {
    const { code, stderr } = await belowFirst(t, 'systemd', wanted);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^rig: --gcore: systemd \(1\) is init: .*no service.*--exec 'gcore 1' dumps it all the same\n$/,
    );
  });

test('a PID 1 that is no init, as in a container, is dumped', async (t) => {
  const { code, stderr } = await belowFirst(t, 'workload', '1');
  assert.equal(code, 0, stderr);
});
