import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine, type Machine } from '../../../support/machine.ts';
import { armRig, finished, type Manifest, theRig } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

const arm = (machine: Machine, event: string, unit: string): Promise<string> =>
  armRig(machine, 'logs', '--unit-event', event, '--journal', unit, '--noop');

/** Starts a unit that sleeps, and returns its process. */
async function startSleep(machine: Machine, unit: string): Promise<number> {
  await machine.startUnit(unit, 'sleep', '86400');
  return Number(await machine.must('systemctl', ['show', '--property=MainPID', '--value', unit]));
}

async function lineOf(machine: Machine, id: string): Promise<string> {
  const record = await finished(machine, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  return (await machine.manifest<Manifest>(record.archive ?? '')).trigger.text;
}

/**
 * A process crashes, and systemd-coredump is handed its core as the kernel would do it: with the arguments of its core_pattern,
 * while the process stands at its end. By gdb, since what core_pattern says holds for the whole machine.
 */
async function crash(machine: Machine, pid: number): Promise<void> {
  const handed = `${pid} 0 0 11 $(date +%s) 18446744073709551615 testhost`;
  const gdb = await machine.spawn('gdb', [
    ...['-p', String(pid), '-batch', '-ex', 'shell touch /run/attached', '-ex', 'continue'],
    ...['-ex', 'generate-core-file /run/core'],
    ...['-ex', `shell /lib/systemd/systemd-coredump ${handed} < /run/core`, '-ex', 'signal SIGSEGV'],
  ]);
  await waitFor('gdb to hold the process', () => machine.exists('/run/attached'));
  await machine.kill(pid, 'SIGSEGV');
  await gdb.closed;
}

/**
 * Has the kernel kill a process of a unit for its memory. systemd hears of that from version 2 of the memory cgroups only: where
 * the machine that runs the tests has given the memory to version 1, as a whole, the kernel's word is written in its place.
 */
async function killForMemory(machine: Machine, unit: string): Promise<void> {
  const memory = '/sys/fs/cgroup/memory';
  if (!machine.exists(`${memory}/memory.limit_in_bytes`)) {
    const limits = ['--property=MemoryMax=50M', '--property=MemorySwapMax=0'];
    await machine.must('systemd-run', [`--unit=${unit}`, ...limits, 'tail', '/dev/zero']);
    return;
  }
  const pid = await startSleep(machine, unit);
  await machine.must('mount', ['-t', 'tmpfs', 'memory', memory]);
  machine.write(`${memory}/system.slice/${unit}.service/memory.events`, 'max 1\noom 1\noom_kill 1\n');
  await machine.kill(pid, 'SIGKILL');
}

test('--unit-event oom and coredump fire on what systemd and systemd-coredump log of a unit, and not of another', async (t) => {
  const machine = await bootMachine(t);
  const [crashed, killed] = [await arm(machine, 'coredump', 'crasher'), await arm(machine, 'oom', 'hog')];
  const others = [await arm(machine, 'coredump', 'hog'), await arm(machine, 'oom', 'crasher')];
  await killForMemory(machine, 'hog');
  assert.equal(await lineOf(machine, killed), 'hog.service: A process of this unit has been killed by the OOM killer.');
  const pid = await startSleep(machine, 'crasher');
  await crash(machine, pid);
  assert.match(await lineOf(machine, crashed), new RegExp(`^Process ${pid} \\(sleep\\) of user 0 dumped core\\.`));
  for (const id of others) assert.equal((await theRig(machine, id)).status, 'watching');
});

test('--unit-event oom fires also when systemd-oomd has killed a unit', async (t) => {
  const machine = await bootMachine(t, { unified: true });
  const id = await arm(machine, 'oom', 'hog');
  const pid = await startSleep(machine, 'hog');
  // systemd-oomd runs only where there are memory cgroups of version 2: this is how it tells systemd what it is about to do.
  const mark =
    "import os; [os.setxattr('/sys/fs/cgroup/system.slice/hog.service', f'user.oomd_{n}', b'1') for n in ('ooms', 'kill')]";
  await machine.must('python3', ['-c', mark]);
  await machine.kill(pid, 'SIGKILL');
  assert.match(await lineOf(machine, id), /^hog\.service: systemd-oomd killed 1 process/);
});
