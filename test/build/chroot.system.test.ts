import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChroot } from '../support/chroot.ts';
import { armRig, assertNothingLeft, finished, MESSAGE } from '../support/rigs.ts';

test('the one file runs on a bare Debian with no Node, no npm and no journal', async (t) => {
  const host = await startChroot(t);
  assert.equal((await host.sh('command -v node npm')).stdout, '');
  assert.equal((await host.rig('--version')).code, 0);
  host.write('/var/log/messages', '');
  const missing = await host.rig('logs', '-m', MESSAGE, '--gcore', '1');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^rig: --gcore: .*gdb.*\n$/, 'it names the package that is missing');

  // A stand-in for what a bare Debian does not have, and a bare rig does not bring.
  host.standIn(
    'sos',
    'while [ "$1" != --tmp-dir ]; do shift; done\ntar cf "$2/sosreport-x.tar" /etc/hostname\necho "$2/sosreport-x.tar"',
  );
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--sosreport');
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  await assertNothingLeft(host);
});
