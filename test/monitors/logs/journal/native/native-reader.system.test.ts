import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addStrangeFile, journalFolder } from '../../../../support/strange-journals.ts';
import { waitFor } from '../../../../support/wait.ts';
import { numbered, sendMany, startJournalHost, watchJournal } from '../watching-journal.ts';

test('a message that was stored before arming and is logged again is found, though journald stores it once', async (t) => {
  const { host } = await startJournalHost(t);
  await host.journal('entry 1.');
  const { found, until, lines } = await watchJournal(host, '^entry');
  await host.journal('another');
  await host.journal('entry 1.');
  await host.journal('entry 1.');
  await until(2);
  assert.deepEqual(lines(), ['entry 1.', 'entry 1.']);
  assert.equal(found()[0]?.identifier, 'test');
});

test('no journalctl is started', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry', { program: '/usr/bin/journalctl' });
  await sendMany(host, 1, 10);
  await watch.until(10);
  assert.deepEqual(watch.children(), []);
  assert.equal((await watch.status()).reader, 'native');
});

test('of chosen units no entry is found but theirs, and that none is missing is proved', async (t) => {
  const { host } = await startJournalHost(t);
  const fields = {
    UNIT: 'web.service',
    OBJECT_SYSTEMD_UNIT: 'web.service',
    COREDUMP_UNIT: 'web.service',
    MESSAGE_ID: 'fc2e22bc6ee647b6b90729ab34a250b1',
  };
  const watch = await watchJournal(host, '^entry', { selection: ['web.service'] });
  await sendMany(host, 100, 120);
  await host.journal('entry 1.', { fields });
  await host.journal('entry 2.', { fields });
  await watch.until(2);
  assert.deepEqual(watch.lines(), numbered(1, 2));
  const { entries, coverage } = await watch.status();
  assert.deepEqual([entries, coverage], [2, 'no gap']);
});

test('entries of several files come in the order in which they were logged', async (t) => {
  const { host } = await startJournalHost(t, { persistent: true });
  const watch = await watchJournal(host, '^entry');
  // Each user has a file of their own, which appears with the first entry.
  await host.must('sh', [
    '-c',
    `for n in $(seq 1 40); do
       if [ $((n % 2)) = 0 ]; then user=1234; else user=0; fi
       printf 'MESSAGE=entry %s.\\n' $n | setpriv --reuid $user --clear-groups logger --journald
     done; journalctl --sync`,
  ]);
  await watch.until(40);
  assert.deepEqual(watch.lines(), numbered(1, 40));
  assert.ok(host.list(journalFolder(host, '/var/log/journal')).some((name) => name.startsWith('user-1234')));
  assert.equal((await watch.status()).coverage, 'no gap');
});

test('what was vacuumed away while rig was stopped is a gap, and the watch goes on with the oldest entry left', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry');
  await sendMany(host, 1, 10);
  await watch.until(10);
  await watch.watcher.signal('SIGSTOP');
  await sendMany(host, 11, 20);
  await host.must('journalctl', ['--rotate']);
  await sendMany(host, 21, 30);
  await host.must('journalctl', ['--rotate']);
  await host.must('journalctl', ['--vacuum-time=1us']);
  await sendMany(host, 31, 40);
  await watch.watcher.signal('SIGCONT');
  await watch.until(20);
  assert.deepEqual(watch.lines(), [...numbered(1, 10), ...numbered(31, 40)]);
  // Of two files one may be claimed a look before the other.
  const { gaps, coverage } = await waitFor('the gap', async () => {
    const status = await watch.status();
    return (status.gaps[0]?.missing ?? 0) >= 20 ? status : undefined;
  });
  assert.equal(coverage, 'gaps');
  assert.match(gaps[0]?.cause ?? '', /removed/);
  assert.match(watch.remarks().join(), /entries are missing/);
});

test('when a file appears that cannot be read, journalctl goes on: nothing is lost, nothing comes twice, one remark', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry', { program: '/usr/bin/journalctl' });
  await sendMany(host, 1, 500);
  await watch.until(500);
  const flood = sendMany(host, 501, 4000);
  await addStrangeFile(host, 'incompatible flags that are not known');
  await flood;
  // Of two streams journald does not read one to its end first.
  await watch.until(4000);
  await sendMany(host, 4001, 4100);
  await watch.until(4100);
  assert.deepEqual(watch.lines(), numbered(1, 4100));
  assert.equal(watch.remarks().length, 1, watch.remarks().join('\n'));
  assert.match(watch.remarks()[0] ?? '', /journalctl reads it, because .*user-4711\.journal: .*flags/);
  const { reader, gaps } = await watch.status();
  assert.deepEqual([reader, gaps], ['journalctl', []]);
});

test('without journalctl a file that cannot be read is a gap, and the others are watched on', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, '^entry');
  await addStrangeFile(host, 'incompatible flags that are not known');
  await waitFor('the remark', () => watch.remarks().length > 0);
  await sendMany(host, 1, 10);
  await watch.until(10);
  assert.deepEqual(watch.lines(), numbered(1, 10));
  assert.match((await watch.status()).gaps[0]?.cause ?? '', /cannot be read: .*user-4711/);
});

test('a copied journal is watched where it lies, and when a copy with more in it takes its place', async (t) => {
  const { host } = await startJournalHost(t);
  const copy = () =>
    host.must('sh', [
      '-c',
      `mkdir -p /run/copy; cp ${journalFolder(host)}/system.journal /run/part; mv /run/part /run/copy/system.journal`,
    ]);
  await sendMany(host, 1, 5);
  await copy();
  const watch = await watchJournal(host, '^entry', { dir: '/run/copy' });
  await sendMany(host, 6, 10);
  await copy();
  await watch.until(5);
  await sendMany(host, 11, 12);
  await copy();
  await watch.until(7);
  assert.deepEqual(watch.lines(), numbered(6, 12));
});

test('a flood is read while the watch still answers', async (t) => {
  const { host } = await startJournalHost(t);
  const watch = await watchJournal(host, 'entry 30000\\.$');
  const flood = sendMany(host, 1, 30_000);
  let answers = 0;
  const asking = (async () => {
    while (watch.found().length === 0) {
      await watch.status();
      answers++;
    }
  })();
  await flood;
  await watch.until(1);
  await asking;
  assert.ok(answers > 1);
  assert.equal((await watch.status()).coverage, 'no gap');
});
