import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine } from '../../support/machine.ts';
import { assertNothingLeft, finished, type Manifest, MESSAGE, theRig } from '../../support/rigs.ts';

test('on a booted host, a rig that a user started through sudo outlives the logout and fires', async (t) => {
  const machine = await bootMachine(t);
  await machine.must('cp', ['/bin/sleep', '/usr/local/bin/myservice']);
  await machine.startUnit('myservice', '/usr/local/bin/myservice', '86400');
  const alice = await machine.userSession('alice');
  const typed = `sudo rig logs --message "${MESSAGE}" --gcore $(pidof myservice)`;
  const { code, output } = await alice.run(typed);
  assert.equal(code, 0, output);
  const id = output.trim().split('\n').at(-1)?.trim() ?? '';
  assert.match(id, /^[a-z]{5}$/);
  // sudo logs this command line too, with the message in it, into the journal and the files that the first rig watches.
  const second = await alice.run(`sudo rig logs --message "${MESSAGE}" --gcore $(pidof myservice) --name second`);
  assert.equal(second.code, 0, second.output);
  assert.equal((await machine.must('systemctl', ['is-active', `rig-${id}.scope`])).trim(), 'active');
  assert.match(await machine.must('systemctl', ['show', '-P', 'Slice', `rig-${id}.scope`]), /^system\.slice$/m);

  await alice.logout();
  for (const rig of [id, 'second']) assert.equal((await theRig(machine, rig)).status, 'watching');

  await machine.must('logger', ['-t', 'app', MESSAGE]);
  for (const rig of [id, 'second']) {
    const record = await finished(machine, rig);
    assert.equal(record.status, 'finished', record.reasons.join());
    const { trigger } = await machine.manifest<Manifest>(record.archive ?? '');
    assert.match(trigger.text, new RegExp(`${MESSAGE}$`), 'the line, and not the echo of a command line');
    assert.doesNotMatch(trigger.text, /COMMAND/);
  }
  await assertNothingLeft(machine);
});

test('a rig has a scope of its own also while the --notify of an earlier one of its name runs', async (t) => {
  const machine = await bootMachine(t);
  machine.write('/var/log/app.log', '');
  const rig = ['logs', '-m', MESSAGE, '--logfile', '/var/log/app.log', '--no-journal', '--noop', '--name', 'web'];
  assert.equal((await machine.rig(...rig, '--notify', 'sleep 1000')).code, 0);
  await machine.must('rig', ['trigger', 'web']);
  await finished(machine, 'web');
  const { code, stderr } = await machine.rig(...rig);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /scope/);
  const units = await machine.must('systemctl', ['list-units', '--plain', '--no-legend', 'rig-web*.scope']);
  assert.match(units, /^rig-web-[a-z]{5}\.scope .* running/m);
  assert.equal((await theRig(machine, 'web')).status, 'watching');
});

test('a user who may not use sudo, and one who forgets it, get one clear line', async (t) => {
  const machine = await bootMachine(t);
  const bob = await machine.userSession('bob');
  const { code, output } = await bob.run('rig list');
  assert.equal(code, 2);
  assert.equal(output.trim(), 'rig: rig runs as root only; try sudo');
});
