/** `--gcore` on a host with systemd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine, type Machine } from '../support/machine.ts';
import { armRig, finished } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

const mainPid = async (machine: Machine, unit: string): Promise<number> =>
  Number(await machine.must('systemctl', ['show', '--value', '--property=MainPID', unit]));

test('a unit means its main process, also after it was restarted, and systemd itself is not dumped', async (t) => {
  const machine = await bootMachine(t);
  machine.write('/etc/systemd/system/web.service', '[Service]\nExecStart=/usr/bin/sleep 86400\n');
  machine.write('/etc/systemd/system/idle.service', '[Service]\nExecStart=/usr/bin/sleep 86400\n');
  await machine.must('systemctl', ['daemon-reload']);
  await machine.must('systemctl', ['start', 'web']);

  for (const name of ['web', 'web.service']) {
    const { code, stdout, stderr } = await machine.rig('logs', '-m', `dump ${name}`, '--gcore', name);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /is the main process of web\.service: now sleep \(\d+\)/);
    await machine.must('systemctl', ['restart', 'web']);
    const pid = await mainPid(machine, 'web');
    await waitFor('sleep to run', () => machine.process(pid)?.args[0] === '/usr/bin/sleep');
    await machine.must('logger', [`dump ${name}`]);
    const record = await finished(machine, stdout.trim());
    const files = await machine.tarList(record.archive ?? '');
    assert.ok(
      files.some((file) => file.endsWith(`/core.sleep.${pid}`)),
      files.join(),
    );
  }

  machine.write('/etc/systemd/system/app@.service', '[Service]\nExecStart=/usr/bin/sleep 86400\n');
  await machine.must('ln', ['-s', 'web.service', '/etc/systemd/system/www.service']);
  await machine.must('systemctl', ['daemon-reload']);
  await machine.must('systemctl', ['start', 'app@1']);
  for (const [name, unit] of Object.entries({ www: 'web.service', 'app@1': 'app@1.service' })) {
    const { stderr } = await machine.rig('logs', '-m', 'x', '--gcore', name);
    assert.match(
      stderr,
      new RegExp(`${name} is the main process of ${unit}: now .* \\(${await mainPid(machine, unit)}\\)`),
    );
  }

  const idle = await machine.rig('logs', '-m', 'x', '--gcore', 'idle');
  assert.match(idle.stderr, /no process is named idle now .*, and idle\.service has no main process/);
  await machine.must('cp', ['/usr/bin/sleep', '/usr/local/bin/pool']);
  machine.write('/etc/systemd/system/pool.service', "[Service]\nExecStart=/bin/sh -c 'pool 1000 & exec pool 1000'\n");
  await machine.must('systemctl', ['daemon-reload']);
  await machine.must('systemctl', ['start', 'pool']);
  const several = await waitFor('both to run', async () => {
    const { stderr, code } = await machine.rig('logs', '-m', 'x', '--gcore', 'pool');
    return code === 2 && stderr;
  });
  const first = await mainPid(machine, 'pool');
  assert.match(several, new RegExp(`or pool\\.service for its main process ${first}, or --gcore-all-pids`));
  const { stderr: one } = await machine.rig('logs', '-m', 'x', '--gcore', 'pool.service');
  assert.match(one, new RegExp(`is the main process of pool\\.service: now pool \\(${first}\\)`));
  const unknown = await machine.rig('logs', '-m', 'x', '--gcore', 'nothing.service');
  assert.match(unknown.stderr, /and there is no such unit/);

  for (const name of ['1', 'systemd']) {
    const { code, stderr } = await machine.rig('logs', '-m', 'x', '--gcore', name, '--gcore-all-pids');
    assert.equal(code, 2);
    assert.match(stderr, /systemd \(1\) is init/);
  }
  const id = await armRig(machine, 'logs', '-m', 'Stopped web.service', '--no-files', '--gcore', '@match');
  await machine.must('systemctl', ['stop', 'web']);
  const record = await finished(machine, id);
  assert.match(record.reasons.join(), /systemd \(1\) is init/);
});

test('a seccomp filter that forbids attaching is named at creation', async (t) => {
  const machine = await bootMachine(t);
  const filter = ['--property=SystemCallFilter=~ptrace', '--property=SystemCallErrorNumber=EPERM'];
  const rig = [machine.rigPath, 'logs', '-m', 'x', '--gcore', 'nobody'];
  const { code, stderr } = await machine.run('systemd-run', ['--pipe', '--wait', '--quiet', ...filter, ...rig]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /gdb cannot attach to processes here: rig runs under a seccomp filter .*; gdb says: ptrace/);
});
