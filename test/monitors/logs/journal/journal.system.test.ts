import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  type Manifest,
  MESSAGE,
  startService,
  theRig,
} from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

/** A host with a rig on its journal, read by a reader, that dumps a service; `daemon` and `reads` are the pids of the rig and of who reads. */
async function armedHost(t: TestContext, reader: 'native' | 'journalctl') {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('from before');
  const service = await startService(host);
  const watched = ['logs', '-m', MESSAGE, '--no-files', '--journal-reader', reader];
  const id = await armRig(host, ...watched, '--gcore', service.pid);
  const follower = () => host.processesNamed('journalctl').find(({ args }) => args.includes('--follow'));
  const { pid: daemon } = await theRig(host, id);
  const reads = reader === 'native' ? daemon : (await waitFor('journalctl to follow', follower)).pid;
  return { host, id, daemon, reads };
}

for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
  test(`a rig whose journalctl gets ${signal} triggers all the same, and claims no gap`, async (t) => {
    const { host, id, reads } = await armedHost(t, 'journalctl');
    await host.kill(reads, signal);
    await host.journal(MESSAGE);
    const { archive } = await finished(host, id);
    const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
    assert.deepEqual([trigger.text, trigger.matches], [MESSAGE, 1]);
    assert.deepEqual([sources[0]?.coverage, sources[0]?.gaps], ['no gap', []]);
    assert.ok(Number(sources[0]?.restarts) >= 1);
    await assertNothingLeft(host);
  });

for (const reader of ['native', 'journalctl'] as const)
  test(`entries that were vacuumed away unread are a gap in the manifest and a warning in the log (${reader})`, async (t) => {
    const { host, id, daemon, reads } = await armedHost(t, reader);
    // Both: a rig that runs starts another journalctl where one is silent for long.
    for (const pid of [daemon, reads]) await host.kill(pid, 'SIGSTOP');
    for (const text of ['one', 'two', 'three']) await host.journal(text);
    await host.must('journalctl', ['--rotate']);
    await host.must('journalctl', ['--vacuum-time=1us']);
    await host.journal(MESSAGE);
    if (reader === 'journalctl') await host.kill(reads, 'SIGKILL');
    await host.kill(daemon, 'SIGCONT');
    const { archive } = await finished(host, id);
    const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
    assert.equal(trigger.text, MESSAGE);
    assert.deepEqual([sources[0]?.reader, sources[0]?.coverage], [reader, 'gaps']);
    const log = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/rig.log']);
    assert.match(log, /journal: \d+ entries are missing, removed/);
  });

test('by default no journalctl is needed or started, also on a host that has none', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('from before');
  const service = await startService(host);
  await host.must('mount', ['--bind', '/dev/null', '/usr/bin/journalctl']);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', service.pid);
  assert.deepEqual(host.processesNamed('journalctl'), []);
  await host.journal(MESSAGE, { sync: false });
  const { archive } = await finished(host, id);
  const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual([trigger.text, sources[0]?.reader, sources[0]?.coverage], [MESSAGE, 'native', 'no gap']);
  const context = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/context/journal.log']);
  assert.match(context, /from before\n(.*\n)*--- the next line triggered the rig ---\n.*test\[\d+\]: This is my/);
  await assertNothingLeft(host);
});

const wrong: Array<[string, string[], RegExp]> = [
  ['a folder that is not there', ['--journal-dir', '/nowhere'], /--journal-dir \/nowhere: no such folder/],
  ['a folder without a journal', ['--journal-dir', '/etc'], /--journal-dir \/etc: it has no \*\.journal file/],
  ['an unknown reader', ['--journal-reader', 'x'], /--journal-reader: expected native or journalctl, got "x"/],
  ['a priority that there is not', ['--priority', 'high'], /"high" is no priority: expected emerg, .*, 0 to 7/],
  ['a latency of minutes', ['--journal-latency', '2m'], /--journal-latency: expected 1ms to 1s/],
];
for (const [what, args, message] of wrong)
  test(`${what} is one clear line`, async (t) => {
    const host = await startHost(t);
    await host.startJournald();
    const { code, stderr } = await host.rig('logs', '-m', 'x', ...args, '--gcore', '1');
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /^[^\n]*\n$/);
  });
