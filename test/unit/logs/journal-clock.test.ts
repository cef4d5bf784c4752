/** The clock of the host is set while the journal is watched: a real journald, whose clock is libfaketime's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { waitFor } from '../../support/wait.ts';
import { numbered, readers, watchJournal } from './watching-journal.ts';

const clock = '/run/clock';
const env = {
  LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  FAKETIME_TIMESTAMP_FILE: clock,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
};

for (const [name, plan] of readers)
  test(`each entry is examined once when the clock is set back a year, and forward two (${name})`, async (t) => {
    const host = await startHost(t, { binary: process.execPath });
    host.write(clock, '+0');
    await host.startJournald({ env });
    await host.journal('from before');
    const watch = await watchJournal(host, '^entry', plan);
    for (const [index, offset] of ['+0', '-365d', '+365d', '+0'].entries()) {
      host.write(clock, offset);
      await host.sh(`seq -f 'entry %.0f.' ${1 + index * 50} ${50 + index * 50} | systemd-cat -t many`);
      // A clock that jumps may cut off who is just asking.
      await waitFor('journald to store them', async () => (await host.run('journalctl', ['--sync'])).code === 0);
    }
    await watch.until(200);
    assert.deepEqual(watch.lines(), numbered(1, 200));
    const years = await host.must('sh', ['-c', 'journalctl -t many -o short-iso | cut -c1-4 | sort -u']);
    assert.equal(years.trim().split('\n').length, 3, 'journald has seen three years');
    assert.deepEqual((await watch.status()).gaps, []);
  });
