/** Units of `--journal` on a machine that systemd runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { bootMachine } from '../../../support/machine.ts';
import { finished } from '../../../support/rigs.ts';

const watched = ['logs', '-m', 'boom', '--no-files', '--noop', '--journal'];
const remarksIn = (stderr: string): string[] => stderr.split('\n').filter((line) => line.startsWith('rig: --journal'));

test('systemd is asked about units: creation remarks on an unknown one, and an alias finds the lines of the real unit', async (t) => {
  const machine = await bootMachine(t);
  const unit = '[Service]\nType=oneshot\nExecStart=/bin/echo boom\n[Install]\nAlias=web.service\n';
  await machine.must('sh', ['-c', `printf '${unit.replaceAll('\n', '\\n')}' >/etc/systemd/system/httpd.service`]);
  await machine.must('systemctl', ['enable', 'httpd']);
  const known = await machine.rig(...watched, 'httpd,systemd-logind,getty@*,dbus.socket');
  assert.deepEqual([known.code, remarksIn(known.stderr)], [0, []], known.stderr);
  const unknown = await machine.rig(...watched, 'htpd');
  assert.deepEqual(
    [unknown.code, remarksIn(unknown.stderr)],
    [0, ['rig: --journal htpd: systemd knows no unit htpd.service']],
  );
  const alias = await machine.rig(...watched, 'web');
  assert.deepEqual(remarksIn(alias.stderr), [
    'rig: --journal web: web.service is an alias of httpd.service, which is watched instead',
  ]);
  await machine.must('systemctl', ['start', 'web']);
  assert.ok((await finished(machine, alias.stdout.trim())).archive);
});

test('where systemd does not run, nothing is said of units', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const { code, stderr } = await host.rig(...watched, 'nowhere');
  assert.deepEqual([code, remarksIn(stderr)], [0, []], stderr);
});
