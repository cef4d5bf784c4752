import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from './support/host.ts';
import { armRig, assertNothingLeft, finished, listRigs, type Manifest, MESSAGE, startService } from './support/rigs.ts';
import { waitFor } from './support/wait.ts';

test('the original example, typed as documented, dumps the process when the journal gets the message', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('something from before');
  const service = await startService(host);
  const { code, stdout, stderr } = await host.sh(`rig logs --message "${MESSAGE}" --gcore $(pidof myservice)`);
  assert.equal(code, 0, stderr);
  assert.equal((await listRigs(host))[0]?.status, 'watching');

  await host.journal(`well: ${MESSAGE}!`);
  const record = await finished(host, stdout.trim());
  assert.equal(record.status, 'finished', record.reasons.join());
  const manifest = await host.manifest<Manifest>(record.archive ?? '');
  assert.equal(manifest.trigger.subject, 'journal');
  assert.equal(manifest.trigger.text, `well: ${MESSAGE}!`);
  const names = await host.tarList(record.archive ?? '');
  assert.ok(names.some((name) => name.endsWith(`/gcore/core.myservice.${service.pid}`)));
  await waitFor('the service to go on as before', () => host.process(service.pid)?.state === 'S');
  await assertNothingLeft(host);
});

test('a message in /var/log/messages triggers, both actions run, and what they made can be read', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', 'an old line\n');
  // Two of the hundred parts of a real report: the whole one only takes longer.
  host.write('/etc/sos/sos.conf', '[report]\nonly-plugins = host,process\n');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid, '--sosreport');
  host.append('/var/log/messages', `Nov 22 15:00:00 host app[1]: ${MESSAGE}\n`);
  const record = await finished(host, id, 120_000);
  assert.equal(record.status, 'finished', record.reasons.join());

  const archive = record.archive ?? '';
  const manifest = await host.manifest<Manifest>(archive);
  assert.equal(manifest.trigger.subject, '/var/log/messages');
  assert.deepEqual(
    manifest.actions.map(({ name, status }) => [name, status]),
    [
      ['gcore', 'done'],
      ['sosreport', 'done'],
    ],
  );
  const folder = `${await host.tarExtract(archive)}/${archive.split('/').at(-1)?.replace('.tar.gz', '')}`;
  const stack = await host.must('gdb', [
    '-batch',
    '-ex',
    'bt',
    '/bin/sleep',
    `${folder}/gcore/core.myservice.${service.pid}`,
  ]);
  assert.match(stack, /#0 .*nanosleep/);
  const report = manifest.actions[1]?.files.find(({ path }) => /\.tar\.\w+$/.test(path));
  assert.ok(report, 'the sos archive is among the files');
  assert.ok((await host.tarList(`${folder}/${report.path}`)).some((name) => name.includes('sos_reports')));
  for (const { path, sha256 } of manifest.actions.flatMap(({ files }) => files))
    assert.match(await host.must('sha256sum', [`${folder}/${path}`]), new RegExp(`^${sha256} `), `${path} is whole`);
  assert.equal(
    (await host.must('find', [folder, '-type', 'f', '-perm', '/077'])).trim(),
    '',
    'nothing is readable by others',
  );
  assert.equal((await host.must('stat', ['-c', '%a %U', archive])).trim(), '600 root');
});

test('the archive holds the lines around the trigger', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', 'before one\nbefore two\n');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid);
  host.append('/var/log/messages', `after arming\n${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  const context = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/context/*messages*']);
  assert.match(context, /before two\nafter arming\n--- .*\nThis is my test message\n$/);
});

test('the context goes on until the last action has ended, in the file and in the journal', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write('/var/log/messages', 'before\n');
  // Stands in for a report during which something is logged.
  const report = 'echo during >>/var/log/messages; echo meanwhile | systemd-cat -t app; journalctl --sync; exit 1';
  host.write('/usr/local/bin/sos', `#!/bin/sh\ncase "$*" in *--batch*) ${report} ;; esac\n`);
  await host.must('chmod', ['755', '/usr/local/bin/sos']);
  const id = await armRig(host, 'logs', '-m', `${MESSAGE} (\\w+)`, '--sosreport');
  await host.journal('earlier');
  await host.journal(`${MESSAGE} here`);
  const { archive } = await finished(host, id);
  const context = (name: string) => host.must('tar', ['-xOf', archive ?? '', '--wildcards', `*/context/${name}`]);
  assert.match(
    await context('journal.log'),
    /: earlier\n--- .*\n.*test message here\n(.*\n)*.* app\[\d+\]: meanwhile\n/,
  );
  assert.match(await context('*messages*'), /before\n--- .* after the trigger ---\nduring\n$/);
  const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual(trigger.facts.groups, { 1: 'here' });
  const journal = sources.find(({ source }) => source === 'journal');
  assert.deepEqual([journal?.coverage, journal?.gaps, journal?.cursor], ['no gap', [], trigger.facts.position?.cursor]);
  assert.ok(Number(journal?.entries) >= 2);
});

test('at creation rig says how often the message has matched of late, in each file and in the journal', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal(MESSAGE);
  host.write('/var/log/messages', `${MESSAGE}\nharmless\n`);
  host.write('/var/log/other', 'harmless\n');
  const service = await startService(host);
  const files = '/var/log/messages,/var/log/other';
  const args = ['-m', MESSAGE, '--logfile', files, '--gcore', service.pid, '--name', 'web'];
  const told = [
    /matched 1 of the last 2 lines of \/var\/log\/messages, last: This is my test message\n/,
    /matches nothing in the last 1 line of \/var\/log\/other\n/,
    /matched 1 of the last \d+ journal entries of the last hour, last at 20\S+Z\n/,
  ];
  // It tells as much as it finds in 150 ms; on a busy machine that may not be all.
  await waitFor(
    'a creation that has the time for all of them',
    async () => {
      const { code, stdout, stderr } = await host.rig('logs', ...args);
      assert.deepEqual([code, stdout], [0, 'web\n']);
      await host.must('rig', ['destroy', 'web']);
      return told.every((text) => text.test(stderr));
    },
    { withinMs: 60_000 },
  );
});

test('lines and entries from before the rig was armed never trigger', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal(MESSAGE);
  host.write('/var/log/messages', `${MESSAGE}\n`);
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid);
  // A line that comes later is examined later: once it has been, so have those before it.
  host.append('/var/log/messages', 'harmless\n');
  await host.journal('harmless');
  host.append('/var/log/messages', `new ${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  const { trigger } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual([trigger.text, trigger.matches], [`new ${MESSAGE}`, 1]);
});

test('--count N triggers at the Nth match, wherever the matches come from', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  host.write('/var/log/other', '');
  const service = await startService(host);
  const files = '/var/log/messages,/var/log/other';
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--count', 3, '--logfile', files, '--gcore', service.pid);
  host.append('/var/log/messages', `1 ${MESSAGE}\n2 ${MESSAGE}\n`);
  host.append('/var/log/other', `3 ${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  const { trigger } = await host.manifest<Manifest>(archive ?? '');
  assert.equal(trigger.matches, 3);
});

test('two rigs on one file both trigger, each with its own archive', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const service = await startService(host);
  const ids = await Promise.all([1, 2].map(() => armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid)));
  assert.notEqual(ids[0], ids[1]);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const records = await Promise.all(ids.map((id) => finished(host, id)));
  for (const record of records) assert.ok(record.archive && host.exists(record.archive));
  assert.notEqual(records[0]?.archive, records[1]?.archive);
});

test('a message that rsyslog writes to the file from the journal is found by default, in one of the two', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.startRsyslog();
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid);
  await host.must('logger', [MESSAGE]);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.equal(host.archives().length, 1);
});

for (const [how, rotate] of [
  ['renamed and made anew', 'mv /var/log/messages /var/log/messages.1 && : > /var/log/messages'],
  ['truncated in place', ': > /var/log/messages'],
] as const)
  test(`a file that is ${how} is followed on`, async (t) => {
    const host = await startHost(t);
    host.write(
      '/var/log/messages',
      'a line that makes the file longer than what comes after the rotation\n'.repeat(100),
    );
    const service = await startService(host);
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', service.pid);
    await host.must('sh', ['-c', rotate]);
    host.append('/var/log/messages', `${MESSAGE}\n`);
    const record = await finished(host, id);
    assert.equal(record.status, 'finished', record.reasons.join());
  });

test('--no-archive keeps a folder that only root can read', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-archive', '--gcore', service.pid);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  assert.equal((await host.must('stat', ['-c', '%a %F', archive ?? ''])).trim(), '700 directory');
  assert.deepEqual(host.list(archive ?? ''), ['context', 'gcore', 'manifest.json', 'rig.log']);
  await assertNothingLeft(host);
});
