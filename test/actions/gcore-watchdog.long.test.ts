import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine } from '../support/machine.ts';
import { assertNothingLeft, finished, MESSAGE } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

test("of a service that systemd's watchdog kills for its dump, creation warns, and the result says what became of it", async (t) => {
  const machine = await bootMachine(t);
  // The Python of gdb is the one language here that can reserve memory: 3 GiB, which the core has as zeros.
  const service = [
    'import mmap, os, socket, time',
    'reserved = mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)',
    'say = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto',
    'tell = lambda text: say(text, os.environ["NOTIFY_SOCKET"])',
    'tell(b"READY=1")',
    'while True: tell(b"WATCHDOG=1"); time.sleep(0.1)',
  ].flatMap((line) => ['-ex', `python ${line}`]);
  const watched = ['Type=notify', 'WatchdogSec=800ms', 'LimitCORE=0'];
  const properties = watched.flatMap((property) => ['-p', property]);
  await machine.must('systemd-run', ['--unit=myapp', ...properties, 'gdb', '--nx', '--batch', ...service]);
  const pid = (await machine.must('systemctl', ['show', '-P', 'MainPID', 'myapp'])).trim();
  const created = await machine.rig('logs', '-m', MESSAGE, '--gcore', pid, '--min-free', '0');
  assert.equal(created.code, 0, created.stderr);
  assert.match(
    created.stderr,
    new RegExp(
      `the dump of process ${pid} takes about [\\d.]+ s; systemd's watchdog kills myapp\\.service after 0\\.8 s`,
    ),
  );
  await machine.must('logger', ['-t', 'app', MESSAGE]);
  // 3 GiB are written: on a busy machine that takes its time.
  const record = await finished(machine, created.stdout.trim(), 300_000);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /was dumped, and has ended since: .*systemd's watchdog kills myapp\.service/);
  await waitFor('systemd to say why', async () =>
    (await machine.run('systemctl', ['show', '-P', 'Result', 'myapp'])).stdout.includes('watchdog'),
  );
  await assertNothingLeft(machine);
});
