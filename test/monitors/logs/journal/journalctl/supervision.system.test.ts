import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestHost } from '../../../../support/host.ts';
import { waitFor } from '../../../../support/wait.ts';
import { byJournalctl, numbered, readers, sendMany, startJournalHost, watchJournal } from '../watching-journal.ts';

const follower = async (watch: Awaited<ReturnType<typeof watchJournal>>): Promise<number> =>
  (await waitFor('journalctl to follow', () => watch.children()[0])).pid;

test('a journalctl that hangs while entries are stored is replaced, and nothing is lost or comes twice', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry', byJournalctl());
  await sendMany(host, 1, 50);
  await watch.until(50);
  await host.kill(await follower(watch), 'SIGSTOP');
  await sendMany(host, 51, 100);
  await watch.until(100);
  assert.deepEqual(watch.lines(), numbered(1, 100));
  const { restarts, coverage } = await watch.status();
  assert.deepEqual([restarts, coverage], [1, 'no gap']);
});

test('a journalctl that hangs is found out also when only chosen entries are read', async (t) => {
  const { host } = await startJournalHost(t);
  // No systemd here: the unit's entries are made by their fields, which journalctl -u matches for root.
  const ofUnit = (text: string) =>
    host.journal(text, {
      fields: {
        UNIT: 'web.service',
        OBJECT_SYSTEMD_UNIT: 'web.service',
        COREDUMP_UNIT: 'web.service',
        MESSAGE_ID: 'fc2e22bc6ee647b6b90729ab34a250b1',
      },
    });
  const watch = await watchJournal(host, '^entry', { ...byJournalctl(), selection: ['web.service'] });
  await ofUnit('entry 1.');
  await watch.until(1);
  await host.kill(await follower(watch), 'SIGSTOP');
  await sendMany(host, 100, 120);
  await ofUnit('entry 2.');
  await watch.until(2);
  assert.deepEqual(watch.lines(), numbered(1, 2));
});

for (const [name, plan] of readers)
  test(`entries of a journal that moves to /var/log/journal after boot are found, and none twice (${name})`, async (t) => {
    const { host } = await startJournalHost(t);
    const watch = await watchJournal(host, '^entry', plan);
    await sendMany(host, 1, 20);
    await watch.until(20);
    await host.must('mkdir', ['-p', '/var/log/journal']);
    await host.must('journalctl', ['--flush']);
    await sendMany(host, 21, 40);
    await watch.until(40);
    await sendMany(host, 41, 60);
    await watch.until(60);
    assert.deepEqual(watch.lines(), numbered(1, 60));
    assert.deepEqual((await watch.status()).gaps, []);
  });

test('when what was not read yet is vacuumed away, the watch goes on with the oldest entry left and says so', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry', byJournalctl());
  await sendMany(host, 1, 10);
  await watch.until(10);
  const journalctl = await follower(watch);
  // rig as well: on a slow host it would find out that journalctl hangs, and start another, before all this is done.
  await watch.watcher.signal('SIGSTOP');
  await host.kill(journalctl, 'SIGSTOP');
  await sendMany(host, 11, 20);
  await host.must('journalctl', ['--rotate']);
  await host.must('journalctl', ['--vacuum-time=1us']);
  await host.kill(journalctl, 'SIGKILL');
  await watch.watcher.signal('SIGCONT');
  await sendMany(host, 21, 30);
  await watch.until(20);
  assert.deepEqual(watch.lines(), [...numbered(1, 10), ...numbered(21, 30)]);
  const { gaps, coverage } = await watch.status();
  assert.equal(coverage, 'gaps');
  assert.match(gaps[0]?.cause ?? '', /removed/);
  assert.ok((gaps[0]?.missing ?? 0) >= 10);
  assert.match(watch.remarks().join(), /entries are missing/);
});

const disturbances: Record<string, (host: TestHost) => Promise<unknown>> = {
  'is rotated': (host) => host.must('journalctl', ['--rotate']),
  'is rotated and vacuumed after everything was read': async (host) => {
    await host.must('journalctl', ['--rotate']);
    await host.must('journalctl', ['--vacuum-time=1us']);
  },
};
for (const [[what, disturb], [name, plan]] of Object.entries(disturbances).flatMap((each) =>
  readers.map((reader) => [each, reader] as const),
))
  test(`no entry is lost and no gap is claimed when the journal ${what} (${name})`, async (t) => {
    const { host } = await startJournalHost(t, { persistent: true });
    const watch = await watchJournal(host, '^entry', plan);
    for (let round = 0; round < 3; round++) {
      await sendMany(host, round * 100 + 1, round * 100 + 100);
      await watch.until(round * 100 + 100);
      await disturb(host);
    }
    await sendMany(host, 301, 310);
    await watch.until(310);
    assert.deepEqual(watch.lines(), numbered(1, 310));
    assert.equal((await watch.status()).coverage, 'no gap');
  });

for (const [signal, [name, plan]] of (['SIGTERM', 'SIGKILL'] as const).flatMap((each) =>
  readers.map((reader) => [each, reader] as const),
))
  test(`no entry is lost when journald ends with ${signal} and is started again (${name})`, async (t) => {
    const { host, journald } = await startJournalHost(t);
    const watch = await watchJournal(host, '^entry', plan);
    await sendMany(host, 1, 100);
    await journald.stop(signal);
    await host.startJournald();
    await sendMany(host, 101, 200);
    await watch.until(200);
    assert.deepEqual(watch.lines(), numbered(1, 200));
    assert.deepEqual((await watch.status()).gaps, []);
  });

test('with inotify used up the entries are still found, and a remark says so', async (t) => {
  const { host } = await startJournalHost(t);
  // Of this host's own user namespace there is none: the limit is the machine's. A journalctl without inotify shows what
  // there is and goes on silently; that is what this one does.
  host.write(
    '/usr/local/bin/deaf',
    '#!/bin/sh\ncase "$*" in *--follow*) journalctl $(echo "$@" | sed "s/--follow//"); exec sleep 1000 ;; esac\nexec journalctl "$@"\n',
  );
  await host.must('chmod', ['755', '/usr/local/bin/deaf']);
  const watch = await watchJournal(host, '^entry', byJournalctl('/usr/local/bin/deaf'));
  for (let round = 1; round <= 4; round++) {
    await sendMany(host, round, round);
    await watch.until(round);
  }
  assert.deepEqual(watch.lines(), numbered(1, 4));
  assert.match(watch.remarks().join(), /inotify/);
});

test('while journalctl is being replaced by an update the watch waits, and then goes on', async (t) => {
  const { host } = await startJournalHost(t);
  await host.must('cp', ['/usr/bin/journalctl', '/usr/local/bin/updated']);
  const watch = await watchJournal(host, '^entry', byJournalctl('/usr/local/bin/updated'));
  await sendMany(host, 1, 10);
  await host.must('mv', ['/usr/local/bin/updated', '/usr/local/bin/old']);
  for (const { pid } of host.processes().filter(({ args }) => args.includes('--follow')))
    await host.kill(pid, 'SIGKILL');
  await sendMany(host, 11, 20);
  await host.must('mv', ['/usr/local/bin/old', '/usr/local/bin/updated']);
  await watch.until(20);
  assert.deepEqual(watch.lines(), numbered(1, 20));
});

for (const [name, plan] of readers)
  test(`what journald and the kernel say they suppressed is a gap with its cause (${name})`, async (t) => {
    const { host } = await startJournalHost(t);
    const watch = await watchJournal(host, 'entry', plan);
    // The words of the real ones; here journald limits nothing, since nothing runs in a unit.
    await host.journal('Suppressed 120 messages from web.service', { identifier: 'systemd-journald' });
    await host.journal('Suppressed 30 messages from web.service', { identifier: 'systemd-journald' });
    await host.journal('net_ratelimit: 7 callbacks suppressed', { identifier: 'kernel' });
    await host.journal('Suppressed 5 messages from nobody', { identifier: 'forger' });
    const { gaps, coverage } = await waitFor('the gaps', async () => {
      const status = await watch.status();
      return status.gaps.length === 2 ? status : undefined;
    });
    const told = gaps.map(({ cause, times, missing }) => [cause, times, missing]);
    assert.deepEqual(told, [
      ['systemd-journald: Suppressed N messages from web.service', 2, 150],
      ['kernel: net_ratelimit: N callbacks suppressed', 1, 7],
    ]);
    assert.equal(coverage, 'gaps');
  });
