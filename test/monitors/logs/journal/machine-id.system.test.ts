/** journald writes on under the id that the machine had when it started: an image was copied and given an id of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestHost } from '../../../support/host.ts';
import { byJournalctl, startJournalHost, watchJournal } from './watching-journal.ts';

const otherId = '0123456789abcdef0123456789abcdef';
const giveOtherId = (host: TestHost): void => host.write('/etc/machine-id', `${otherId}\n`);

for (const [name, plan] of [['native', {}] as const, ['journalctl', byJournalctl()] as const])
  test(`the journal in memory is read whatever machine it is of (${name})`, async (t) => {
    const { host } = await startJournalHost(t);
    giveOtherId(host);
    const { lines, until, status } = await watchJournal(host, 'needle', plan);
    await host.journal('needle');
    await until(1);
    assert.deepEqual([lines(), (await status()).coverage], [['needle'], 'no gap']);
  });

test('the journal on disk is read under the id that the machine had at boot', async (t) => {
  const { host } = await startJournalHost(t, { persistent: true });
  giveOtherId(host);
  const { lines, until, status } = await watchJournal(host, 'needle');
  await host.journal('needle');
  await until(1);
  assert.deepEqual([lines(), (await status()).coverage], [['needle'], 'no gap']);
});

test('nothing of another machine on disk is read: a container keeps its journal there', async (t) => {
  const { host } = await startJournalHost(t, { persistent: true });
  const [own = ''] = host.list('/var/log/journal');
  const copy = host.readBuffer(`/var/log/journal/${own}/system.journal`);
  // Written in another boot, as the header has it.
  copy.fill(0xaa, 56, 72);
  host.write(`/var/log/journal/${otherId}/system.journal`, copy);
  const { until, status } = await watchJournal(host, 'needle');
  await host.journal('needle');
  await until(1);
  assert.equal((await status()).files, 1);
});

test('where there is no journal file yet, no gap is known and none is denied', async (t) => {
  const { host, journald } = await startJournalHost(t);
  await host.kill(journald.pid);
  await host.must('rm', ['-r', '/run/log/journal']);
  const { status } = await watchJournal(host, 'needle');
  assert.match((await status()).coverage, /^no gap known: there is no journal file/);
});
