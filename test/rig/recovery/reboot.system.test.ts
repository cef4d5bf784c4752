import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine } from '../../support/machine.ts';
import { armRig, finished, MESSAGE } from '../../support/rigs.ts';

test('after a reboot rig knows which rigs that has ended, and how to arm them again', async (t) => {
  const before = await bootMachine(t);
  const rig = ['logs', '-m', MESSAGE, '--logfile', '/var/log/syslog', '--noop'];
  before.write('/var/log/syslog', '');
  for (const name of ['web', 'done']) await armRig(before, ...rig, '--name', name);
  await before.must('rig', ['trigger', 'done']);
  await finished(before, 'done');
  const machine = await before.reboot();
  const { stdout, stderr } = await machine.rig('list', '--all');
  assert.match(stdout, /^web .* shutdown /m, stderr);
  assert.match(stdout, /^done .* finished /m);
  const log = (await machine.rig('log', 'web')).stdout;
  const told = `shutdown; ended by the host's shutdown, never triggered; to arm it again: rig logs -m '${MESSAGE}' `;
  assert.equal(log.split(told).length, 2, log);
  assert.equal((await machine.rig('wait', 'web')).code, 4);
  const { commandLine } = JSON.parse((await machine.rig('info', 'web', '--json')).stdout);
  assert.equal((await machine.sh(commandLine)).code, 0);
  assert.equal((await machine.rig('destroy', 'web')).code, 0);
  assert.deepEqual(machine.list('/var/lib/rig/armed'), []);
});
