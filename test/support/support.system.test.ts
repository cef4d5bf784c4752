import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startChroot } from './chroot.ts';
import { startHost } from './host.ts';
import { bootMachine } from './machine.ts';
import { waitFor } from './wait.ts';

/** Any program will do here: the support has to work before rig does. */
const binary = '/bin/true';

test('a test host has files and processes of its own, and none is left when it has ended', async (t) => {
  const host = await startHost(t, { binary });
  const name = `rig-support-test-${process.pid}`;
  host.write(`/var/tmp/${name}`, 'text');
  const sleep = await host.spawn('sleep', ['1000']);
  await host.must('sh', ['-c', 'setsid sleep 2000 >/dev/null 2>&1 &'], { env: { MARK: name } });

  assert.equal(await host.must('cat', [`/var/tmp/${name}`]), 'text');
  assert.equal(existsSync(`/var/tmp/${name}`), false);
  const sleeps = await waitFor('both processes', () => {
    const found = host.processesNamed('sleep');
    return found.length === 2 && found;
  });
  assert.equal(sleeps[0]?.pid, sleep.pid);
  assert.equal((await host.rig()).code, 0);

  await host.close();
  assert.deepEqual(pidsWith(`MARK=${name}`), []);
});

test('a test host knows nothing of the rigs of this machine, nor of the settings of its user', async (t) => {
  const host = await startHost(t, { binary });
  for (const path of ['/var/lib/rig', '/root/.bashrc']) assert.equal(host.exists(path), false, path);
});

test('a disk of a test host can be full', async (t) => {
  const host = await startHost(t, { binary, places: { '/var/tmp': { size: '1M' } } });
  const { code, stderr } = await host.sh('head -c 2M /dev/zero >/var/tmp/file');
  assert.notEqual(code, 0);
  assert.match(stderr, /No space left/);
});

test('a program that keeps the output open is not waited for without end', async (t) => {
  const host = await startHost(t, { binary });
  await assert.rejects(
    host.sh('sleep 1000 & echo done', { timeoutMs: 3000 }),
    /something kept its output open\nstdout: done/,
  );
});

test('what is logged on a test host gets into the journal, and through rsyslog into a file', async (t) => {
  const host = await startHost(t, { binary });
  await host.startJournald();
  await host.startRsyslog();
  await host.journal('from the native socket', { identifier: 'app' });
  await host.must('logger', ['from /dev/log']);
  await host.must('systemd-cat', ['echo', 'from a stream']);
  await host.must('journalctl', ['--sync']);

  const journal = await host.must('journalctl', ['--output=cat']);
  for (const message of ['from the native socket', 'from /dev/log', 'from a stream']) {
    assert.ok(journal.split('\n').includes(message), message);
    await waitFor(message, () => host.exists('/var/log/messages') && host.read('/var/log/messages').includes(message));
  }
});

test('a bare Debian has the one file and no Node', async (t) => {
  const bare = await startChroot(t, { binary });
  assert.equal((await bare.rig()).code, 0);
  assert.equal((await bare.sh('command -v node npm')).stdout, '');
});

test('logging out of a booted machine ends what the user has left running', async (t) => {
  const machine = await bootMachine(t, { binary });
  const session = await machine.userSession('alice');
  const { code, output } = await session.run('setsid sleep 1000 </dev/null >/dev/null 2>&1 & sudo id -u');
  assert.equal(code, 0);
  assert.match(output, /^0$/m);
  await waitFor('the process to run', () => machine.processesNamed('sleep').length === 1);
  await waitFor('sudo in the log', () => machine.read('/var/log/auth.log').includes('COMMAND=/usr/bin/id -u'));
  // journald hands an entry on before it stores it.
  await machine.must('journalctl', ['--sync']);
  assert.match(await machine.must('journalctl', ['-t', 'sudo']), /COMMAND=\/usr\/bin\/id -u/);

  await session.logout();
  assert.deepEqual(machine.processesNamed('sleep'), []);
  assert.deepEqual(await machine.sessions(), []);
});

/** Processes, seen from outside, with this in their environment. */
function pidsWith(variable: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      return false; // not a process, or gone
    }
  });
}
