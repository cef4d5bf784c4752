/** The clock of the host is set while the journal is watched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveClock, yearSeconds } from '../../../support/clock.ts';
import { startHost } from '../../../support/host.ts';
import { numbered, readers, sendMany, watchJournal } from './watching-journal.ts';

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
