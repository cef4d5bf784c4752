import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { bootMachine, type Machine } from '../../../support/machine.ts';
import { armRig, finished, type Manifest, MESSAGE, startService, theRig, theSources } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

/** How many echoes a rig has passed over. */
async function echoes(machine: Machine, id: string): Promise<number> {
  const condition = (await theSources(machine, id)).find(({ source }) => source === 'condition');
  return (condition?.passedOver as Record<string, number> | undefined)?.['echo of a rig'] ?? 0;
}

test("what sudo logs of other rigs fires none: under rig's name, under another, and over several lines", async (t) => {
  const machine = await bootMachine(t);
  await machine.must('cp', ['/bin/sleep', '/usr/local/bin/myservice']);
  await machine.must('cp', ['/usr/local/bin/rig', '/usr/local/bin/waiter']);
  await machine.startUnit('myservice', '/usr/local/bin/myservice', '86400');
  const alice = await machine.userSession('alice');
  const typed = `logs --message "${MESSAGE}" --gcore $(pidof myservice) --name`;
  const filler = 'filler '.repeat(200);
  for (const command of [
    `rig ${typed} first`,
    `waiter ${typed} second`,
    `rig logs --exclude "${filler}" ${typed.slice(5)} third`,
  ]) {
    const { code, output } = await alice.run(`sudo ${command}`);
    assert.equal(code, 0, output);
  }
  await waitFor('sudo to continue', () =>
    new RegExp(`command continued\\).*${MESSAGE}`).test(machine.read('/var/log/auth.log')),
  );
  await waitFor('the echoes to be passed over', async () => (await echoes(machine, 'first')) >= 2);
  const rigs = ['first', 'second', 'third'];
  for (const id of rigs) assert.equal((await theRig(machine, id)).status, 'watching');

  await machine.must('logger', ['-t', 'app', MESSAGE]);
  for (const id of rigs) {
    const record = await finished(machine, id);
    assert.equal(record.status, 'finished', record.reasons.join());
    const { trigger } = await machine.manifest<Manifest>(record.archive ?? '');
    assert.match(trigger.text, new RegExp(`${MESSAGE}$`));
    assert.doesNotMatch(trigger.text, /COMMAND|continued/);
  }
});

test('--echo lets the echo of a command line trigger', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--echo', '--gcore', service.pid);
  host.append('/var/log/messages', `sudo: ann : USER=root ; COMMAND=/tmp/rig logs --message ${MESSAGE}\n`);
  assert.equal((await finished(host, id)).status, 'finished');
});

test('a text that journald has stored once already and logs again is new', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal(MESSAGE);
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', service.pid);
  assert.equal((await theRig(host, id)).status, 'watching');
  await host.journal(MESSAGE);
  const { archive } = await finished(host, id);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.matches, 1);
});
