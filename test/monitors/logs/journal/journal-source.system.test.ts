import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveClock, yearSeconds } from '../../../support/clock.ts';
import { startHost } from '../../../support/host.ts';
import { waitFor } from '../../../support/wait.ts';
import { byJournalctl, numbered, readers, sendMany, watchJournal } from './watching-journal.ts';

for (const [name, plan] of readers)
  test(`entries after arming are found with their process, and old ones are not (${name})`, async (t) => {
    const host = await startHost(t, { binary: process.execPath });
    await host.startJournald();
    await host.journal('needle, old');
    const { found, until } = await watchJournal(host, 'needle', plan);
    await host.journal('needle, new', { identifier: 'app' });
    await until(1);
    assert.equal(found()[0]?.line, 'needle, new');
    assert.equal(found()[0]?.identifier, 'app');
    assert.ok((found()[0]?.pid ?? 0) > 1);
  });

test('a thousand entries that come before journalctl has started are all examined', async (t) => {
  const host = await startHost(t, { binary: process.execPath });
  await host.startJournald();
  // Stands in for a host so busy that journalctl starts late: the first call takes the cursor, the second follows.
  host.write(
    '/usr/local/bin/late-journalctl',
    '#!/bin/sh\ncase "$*" in *--follow*) sleep 1 ;; esac\nexec journalctl "$@"\n',
  );
  await host.must('chmod', ['755', '/usr/local/bin/late-journalctl']);
  const { lines, until } = await watchJournal(host, '^entry', byJournalctl('/usr/local/bin/late-journalctl'));
  await sendMany(host, 1, 1000);
  await until(1000);
  assert.deepEqual(lines(), numbered(1, 1000));
});

test('when journalctl is killed nothing is lost and nothing comes twice', async (t) => {
  const host = await startHost(t, { binary: process.execPath });
  await host.startJournald();
  const { lines, until } = await watchJournal(host, '^entry', byJournalctl());
  for (let round = 0; round < 3; round++) {
    await sendMany(host, round * 200 + 1, round * 200 + 200);
    for (const { pid } of host.processesNamed('journalctl')) await host.kill(pid, 'SIGKILL');
  }
  await until(600);
  assert.deepEqual(lines(), numbered(1, 600));
});

for (const [name, plan] of readers)
  test(`the first entry of an empty journal is found (${name})`, async (t) => {
    const host = await startHost(t, { binary: process.execPath });
    const { until } = await watchJournal(host, 'needle', plan);
    await host.startJournald();
    await host.journal('needle');
    await until(1);
  });

for (const [name, plan] of readers)
  test(`a message of several lines or with binary data matches line by line (${name})`, async (t) => {
    const host = await startHost(t, { binary: process.execPath });
    await host.startJournald();
    const { lines, until } = await watchJournal(host, '^needle$', plan);
    await host.must('systemd-cat', ['-t', 'x', 'printf', 'no\\001needle\\n\\001\\n']);
    // logger makes one value of the two.
    await host.must('logger', ['--journald'], { input: 'MESSAGE=first\nMESSAGE=needle\n' });
    await host.must('journalctl', ['--sync']);
    await until(1);
    assert.deepEqual(lines(), ['first\nneedle']);
  });

test('when the watch is stopped no journalctl is left', async (t) => {
  const host = await startHost(t, { binary: process.execPath });
  await host.startJournald();
  const { watcher } = await watchJournal(host, 'needle', byJournalctl());
  await waitFor('journalctl to run', () => host.processesNamed('journalctl').length > 0);
  watcher.end();
  await watcher.closed;
  assert.deepEqual(host.processesNamed('journalctl'), []);
});

for (const [name, plan] of readers)
  test(`each entry is examined once when the clock is set back a year, and forward two (${name})`, async (t) => {
    const host = await startHost(t, { binary: process.execPath });
    const setClock = await giveClock(host);
    await host.startJournald();
    await host.journal('from before');
    const watch = await watchJournal(host, '^entry', plan);
    for (const [index, ahead] of [0, -yearSeconds, yearSeconds, 0].entries()) {
      await setClock(ahead);
      await sendMany(host, 1 + index * 50, 50 + index * 50);
    }
    await watch.until(200);
    assert.deepEqual(watch.lines(), numbered(1, 200));
    const years = await host.must('sh', ['-c', 'journalctl -t many -o short-iso | cut -c1-4 | sort -u']);
    assert.equal(years.trim().split('\n').length, 3, 'journald has seen three years');
    assert.deepEqual((await watch.status()).gaps, []);
  });
