import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../../support/host.ts';
import { armRig, finished, type Manifest, MESSAGE, startService, theRig, theSources } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

/** A host as they are by default: journald hands on to rsyslog, and rig watches both. */
async function armTwice(host: TestHost, args: Array<string | number>, rules?: string): Promise<string> {
  await host.startJournald();
  await host.startRsyslog(rules === undefined ? {} : { rules });
  await host.must('logger', ['harmless']);
  await waitFor('the file', () => host.exists('/var/log/messages'));
  const service = await startService(host);
  return await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid, ...args);
}

/** Waits until the journal and the file, or one of them, have been examined up to a number of matching lines each. */
const examined = (host: TestHost, id: string, matching: number, places = ['journal', '/var/log/messages']) =>
  waitFor(`${matching} sightings in each`, async () => {
    const sources = await theSources(host, id);
    const sightings = (source: string): number => {
      const found = sources.find((each) => each.source === source);
      return Number(found?.matches ?? 0) + Number(found?.passedOver ?? 0);
    };
    return places.every((place) => sightings(place) === matching);
  });

test('one event in the journal and in the file counts once with --count 2, and the second event triggers', async (t) => {
  const host = await startHost(t);
  const id = await armTwice(host, ['--count', 2]);
  await host.must('logger', ['-t', 'app', MESSAGE]);
  await examined(host, id, 1);
  assert.equal((await theRig(host, id)).status, 'watching');
  await host.must('logger', ['-t', 'app', MESSAGE]);
  const { archive } = await finished(host, id);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.matches, 2);
});

/** Sends an entry as it is: libsystemd would add SYSLOG_IDENTIFIER, which other libraries do not. */
const sendNameless =
  'socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, shift, 0, pack_sockaddr_un("/run/systemd/journal/socket")) or die';

for (const [form, rules] of [
  ['as it does by default', undefined],
  ['as RFC 5424 says', '*.* action(type="omfile" file="/var/log/messages" template="RSYSLOG_SyslogProtocol23Format")'],
] as const)
  test(`an event of each kind of logging is one, where syslog writes ${form}: native, stream, with a PID, several lines, no identifier, a program that has ended`, async (t) => {
    const host = await startHost(t);
    const id = await armTwice(host, ['--count', 7], rules);
    await host.journal(`native ${MESSAGE}`, { identifier: 'app' });
    await host.must('systemd-cat', ['-t', 'cat', 'echo', `stream ${MESSAGE}`]);
    await host.must('logger', ['-i', '-t', 'pid', `syslog ${MESSAGE}`]);
    await host.must('logger', ['--journald'], {
      input: `MESSAGE=lines ${MESSAGE}\nMESSAGE=and\tmore\nSYSLOG_IDENTIFIER=lines\n`,
    });
    await host.must('perl', ['-MSocket', '-e', sendNameless, `MESSAGE=nameless ${MESSAGE}\n`]);
    await examined(host, id, 5);
    // One that has ended by the time that journald looks who it is.
    const [journald] = host.processesNamed('systemd-journal');
    await host.kill(journald?.pid ?? 0, 'SIGSTOP');
    await host.must('perl', ['-MSocket', '-e', sendNameless, `MESSAGE=gone ${MESSAGE}\n`]);
    await host.kill(journald?.pid ?? 0, 'SIGCONT');
    await examined(host, id, 6);
    assert.equal((await theRig(host, id)).status, 'watching');
    await host.must('logger', [`last ${MESSAGE}`]);
    assert.equal((await finished(host, id)).status, 'finished');
  });

test('an event that matches --then in the journal, and --message only with its program in the file, is both', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const rsyslog = await host.startRsyslog();
  await host.must('logger', ['harmless']);
  await waitFor('the file', () => host.exists('/var/log/messages'));
  const service = await startService(host);
  const rig = ['logs', '-m', 'starter.*ready', '--then', 'ready', '--within', '60s', '--gcore', service.pid];
  const id = await armRig(host, ...rig);
  await host.kill(rsyslog.pid, 'SIGSTOP');
  await host.journal('ready', { identifier: 'starter' });
  await examined(host, id, 1, ['journal']);
  await host.kill(rsyslog.pid, 'SIGCONT');
  await examined(host, id, 1);
  await host.journal('ready', { identifier: 'other' });
  const { archive } = await finished(host, id);
  const { trigger } = await host.manifest<Manifest>(archive ?? '');
  assert.match(trigger.earlier?.text ?? '', / starter\S* ready$/);
});
