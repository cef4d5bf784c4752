import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import { bootMachine } from '../../support/machine.ts';
import { armRig, finished, listRigs, type Manifest, startService, theRig, theSources } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const file = '/var/log/messages';

/** A rig on one file. */
async function armOnFile(host: TestHost, ...args: Array<string | number>): Promise<string> {
  if (!host.exists(file)) host.write(file, '');
  const service = await startService(host);
  return await armRig(host, 'logs', '--no-journal', '--gcore', service.pid, ...args);
}

async function triggerOf(host: TestHost, id: string): Promise<Manifest['trigger']> {
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  return (await host.manifest<Manifest>(record.archive ?? '')).trigger;
}

test('--exclude passes lines over, commas and all, and the rig says how many', async (t) => {
  const host = await startHost(t);
  const id = await armOnFile(host, '-m', 'boom', '--exclude', 'never, ever', '--exclude', 'harm(less)+');
  host.append(file, 'boom, but never, ever mind\nboom harmless\n');
  await waitFor('the lines to be passed over', async () => {
    const condition = (await theSources(host, id)).find(({ source }) => source === 'condition');
    return JSON.stringify(condition?.passedOver) === '{"excluded":2}';
  });
  assert.match(
    (await theRig(host, id)).monitors[0]?.condition ?? '',
    /"boom", passing over "never, ever" and "harm\(less\)\+"/,
  );
  host.append(file, 'boom, never\n');
  assert.equal((await triggerOf(host, id)).text, 'boom, never');
});

test('--absent triggers when the heartbeat stops, and the manifest says so', async (t) => {
  const host = await startHost(t);
  const id = await armOnFile(host, '-m', 'alive', '--absent', '2s');
  host.append(file, 'alive\n');
  const trigger = await triggerOf(host, id);
  assert.deepEqual([trigger.text, trigger.matches], ['alive', 1]);
  assert.match(trigger.because ?? '', /^no match for 2s, the last one at \d{4}-\S+$/);
});

test('--absent does not mistake its own stop for a silence', async (t) => {
  const host = await startHost(t);
  const id = await armOnFile(host, '-m', 'alive', '--absent', '3s');
  const { pid } = JSON.parse(host.read(`/run/rig/${id}/rig.json`));
  await host.kill(pid, 'SIGSTOP');
  // Longer than the rig would have waited: a real silence, were it not for the line that is to be read.
  await host.must('sleep', ['6']);
  host.append(file, 'alive\n');
  await host.kill(pid, 'SIGCONT');
  assert.equal((await triggerOf(host, id)).matches, 1);
});

test('--then triggers when the second line follows the first, with its groups, also from another source', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write(file, '');
  const service = await startService(host);
  const id = await armRig(
    host,
    'logs',
    '-m',
    'link (down|lost)',
    '--then',
    'failover',
    '--within',
    '60s',
    '--gcore',
    service.pid,
  );
  await host.journal('failover');
  await host.journal('link down');
  host.append(file, 'failover now\n');
  const trigger = await triggerOf(host, id);
  assert.deepEqual([trigger.text, trigger.earlier?.text], ['failover now', 'link down']);
  assert.deepEqual(trigger.facts.groups, { 1: 'down' });
});

test('--unless triggers when the second line does not come, and not when it does', async (t) => {
  const host = await startHost(t);
  const id = await armOnFile(host, '-m', 'start', '--unless', 'done', '--within', '300ms');
  host.append(file, 'start 1\ndone 1\nstart 2\n');
  const trigger = await triggerOf(host, id);
  assert.deepEqual([trigger.text, trigger.because], ['start 2', 'not followed within 300ms']);
});

test('--count --within takes the time of the entries: a burst that is read late is none', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const service = await startService(host);
  const args = [
    '-m',
    'boom',
    '--count',
    3,
    '--within',
    '400ms',
    '--no-files',
    '--journal-reader',
    'journalctl',
    '--gcore',
    service.pid,
  ];
  const id = await armRig(host, 'logs', ...args);
  const follower = () => host.processesNamed('journalctl').find(({ args }) => args.includes('--follow'));
  const { pid } = await waitFor('journalctl to follow', follower);
  await host.kill(pid, 'SIGSTOP');
  for (let number = 1; number <= 3; number++) {
    await host.journal(`boom ${number}`);
    await host.must('sleep', ['0.5']);
  }
  await host.kill(pid, 'SIGCONT');
  await waitFor('all to be read', async () => (await theSources(host, id))[0]?.matches === 3);
  assert.equal((await theRig(host, id)).status, 'watching');
  // By one program, in one go.
  await host.must('systemd-cat', ['printf', 'boom %d\\n', '4', '5', '6']);
  await finished(host, id);
});

test('--priority and --journal-match select entries as journalctl does, and no file is watched beside', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write(file, '');
  const service = await startService(host);
  const select = ['--priority', 'err', '--journal-match', 'COLOUR=red', '--journal-match', 'COLOUR=blue'];
  const id = await armRig(host, 'logs', '-m', 'boom', ...select, '--gcore', service.pid);
  assert.equal((await theRig(host, id)).monitors[0]?.watch, 'journal of priority err with COLOUR=red COLOUR=blue');
  host.append(file, 'boom in a file\n');
  await host.journal('boom of a low priority', { fields: { COLOUR: 'red' } });
  await host.journal('boom without a colour', { fields: { PRIORITY: '3' } });
  await host.journal('boom', { fields: { PRIORITY: '2', COLOUR: 'blue' } });
  assert.equal((await triggerOf(host, id)).text, 'boom');
});

test('what journalctl does not take is one clear line', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const { code, stderr } = await host.rig('logs', '-m', 'x', '--priority', 'dreadful', '--sosreport');
  assert.equal(code, 2);
  assert.match(stderr, /^rig: .*--priority=dreadful.*\n$/);
  assert.deepEqual(await listRigs(host), []);
});

test('--unit-event fires on what happens to a unit that is restarted, where OnFailure= would stay silent', async (t) => {
  const machine = await bootMachine(t);
  await machine.must('cp', ['/bin/sleep', '/usr/local/bin/myservice']);
  await machine.startUnit('myservice', '/usr/local/bin/myservice', '86400');
  const properties = ['Restart=on-failure', 'RestartSec=100ms', 'StartLimitIntervalSec=0'];
  const start = (unit: string, ...command: string[]) =>
    machine.must('systemd-run', [`--unit=${unit}`, ...properties.map((each) => `--property=${each}`), ...command]);
  const rigs: string[] = [];
  for (const event of ['failed', 'restarted', 'exited'])
    rigs.push(await armRig(machine, 'logs', '--unit-event', event, '--journal', 'crasher', '--gcore', 'myservice'));
  await start('bystander', '/bin/sh', '-c', 'exit 4');
  await start('crasher', '/bin/sh', '-c', 'sleep 0.2; exit 3');
  const lines: string[] = [];
  for (const id of rigs) {
    const record = await finished(machine, id);
    assert.equal(record.status, 'finished', record.reasons.join());
    lines.push((await machine.manifest<Manifest>(record.archive ?? '')).trigger.text);
  }
  for (const line of lines) assert.match(line, /^crasher\.service: /);
  assert.match(lines.join('\n'), /Failed with result.*\n.*restart.*\n.*exited, code=exited, status=3/s);
});
