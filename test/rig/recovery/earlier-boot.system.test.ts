import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import { armRig, finished, killDaemon, LOG, MESSAGE } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const WATCHING = ['logs', '-m', MESSAGE, '--no-journal'];
const OTHER_BOOT = '0123456789abcdef0123456789abcdef';

async function hostWithLog(t: Parameters<typeof startHost>[0]): Promise<TestHost> {
  const host = await startHost(t);
  host.write(LOG, '');
  return host;
}

/** What is known of an armed rig, in the words of a host that has been started again since: /run is empty, the boot another. */
async function loseThePower(host: TestHost, name: string): Promise<void> {
  await waitFor('it to be on the disk', () =>
    host.list('/var/lib/rig/armed').some((file) => file.startsWith(`${name}.`)),
  );
  await host.must('sh', ['-c', 'cp -a /var/lib/rig/armed /root/armed; cp -a /var/tmp /root/kept']);
  await killDaemon(host, name);
  await finished(host, name);
  await host.must('sh', [
    '-c',
    `rm -r /run/rig /var/lib/rig/finished/* /var/tmp/*; cp -a /root/kept/. /var/tmp/;
     for file in /root/armed/*; do name=$\{file##*/}; mv $file /var/lib/rig/armed/$\{name%%.*}.${OTHER_BOOT}.json; done`,
  ]);
}

test('a rig that lost its host is shown as ended by the shutdown, with the command line that arms it again', async (t) => {
  const host = await hostWithLog(t);
  await armRig(host, ...WATCHING, '--noop', '--exclude', "it's $HOME", '--name', 'web');
  await loseThePower(host, 'web');
  const { stdout, stderr } = await host.rig('list', '--all');
  assert.match(stdout, /^web .* shutdown /m);
  assert.match(stderr, /^rig: web: ended by the host's shutdown; rig info ID has the command line [^\n]+\n$/);
  const info = JSON.parse((await host.rig('info', 'web', '--json')).stdout);
  assert.equal(info.status, 'shutdown');
  const typed = `rig logs -m '${MESSAGE}' --no-journal --noop --exclude 'it'\\''s $HOME' --name web`;
  assert.deepEqual(info.reasons, [`ended by the host's shutdown, never triggered; to arm it again: ${typed}`]);
  assert.equal(info.commandLine, typed);
  assert.equal((await host.rig('wait', 'web')).code, 4);
  assert.equal(host.list('/var/lib/rig/armed').length, 1, 'nothing has been written');
  assert.equal((await host.sh(info.commandLine)).code, 0, 'it can be pasted');
  const { stdout: log } = await host.rig('log', 'web');
  assert.match(log, / web info shutdown; ended by the host's shutdown, never triggered/);
  assert.equal((await host.rig('destroy', 'web')).code, 0);
});

test('what a rig was collecting when its host lost its power is kept, and the record says where', async (t) => {
  const host = await hostWithLog(t);
  host.standIn('collector', 'echo first > kept; touch /run/collects\nexec sleep 86400');
  await armRig(host, ...WATCHING, '--exec', 'collector', '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the program to run', () => host.exists('/run/collects'));
  await waitFor('the trigger to be on the disk', () =>
    host.list('/var/lib/rig/armed').some((name) => host.read(`/var/lib/rig/armed/${name}`).includes('"triggers":1')),
  );
  await loseThePower(host, 'web');
  const { status, reasons, archive } = JSON.parse((await host.rig('info', 'web', '--json')).stdout);
  assert.equal(status, 'shutdown');
  assert.match(reasons.join(), /^ended by the host's shutdown, after 1 trigger; to arm it again: rig logs /);
  assert.match(await host.must('find', [archive]), /exec\/kept$/m);
  await armRig(host, ...WATCHING, '--noop', '--name', 'another');
  const kept = await finished(host, 'web');
  assert.deepEqual([kept.status, kept.reasons], [status, reasons]);
  assert.deepEqual(host.list(`${kept.archive}/exec`).includes('kept'), true);
  assert.equal((await host.rig('destroy', 'another')).code, 0);
});

test('a rig of this boot, and what is no file of rig, are left alone', async (t) => {
  const host = await hostWithLog(t);
  await armRig(host, ...WATCHING, '--noop', '--name', 'web');
  await waitFor('it to be on the disk', () => host.list('/var/lib/rig/armed').some((name) => name.startsWith('web.')));
  const own = host.list('/var/lib/rig/armed');
  await host.must('touch', [`/var/lib/rig/armed/${OTHER_BOOT}`, '/var/lib/rig/armed/web.json']);
  assert.doesNotMatch((await host.rig('list', '--all')).stdout, /shutdown/);
  assert.deepEqual(host.list('/var/lib/rig/armed').sort(), [OTHER_BOOT, ...own, 'web.json'].sort());
  assert.equal((await host.rig('destroy', 'web')).code, 0);
});

test('records are kept for 30 days, for root only, and other files are not touched', async (t) => {
  const host = await hostWithLog(t);
  const folder = '/var/lib/rig/finished';
  for (const name of ['old', 'young']) {
    await armRig(host, ...WATCHING, '--noop', '--name', name);
    assert.equal((await host.rig('destroy', name)).code, 0);
  }
  assert.equal(
    await host.must('stat', ['-c', '%a %n', folder, `${folder}/old.json`]),
    `700 ${folder}\n600 ${folder}/old.json\n`,
  );
  host.write(`${folder}/README`, 'mine');
  const ago = (days: number): Date => new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  for (const [name, days] of [
    ['old.json', 31],
    ['README', 31],
    ['young.json', 29],
  ] as const)
    utimesSync(host.outside(`${folder}/${name}`), ago(days), ago(days));
  const { stdout } = await host.rig('list', '--all');
  assert.match(stdout, /^young /m);
  assert.doesNotMatch(stdout, /^old /m);
  assert.ok(host.exists(`${folder}/old.json`), 'list changes nothing');
  await armRig(host, ...WATCHING, '--noop', '--name', 'next');
  assert.equal((await host.rig('destroy', 'next')).code, 0);
  assert.deepEqual(host.list(folder), ['README', 'next.json', 'young.json']);
});

test('SIGTERM while the host goes down says so; at any other time it does not', async (t) => {
  const host = await hostWithLog(t);
  for (const [level, status, reason] of [
    ['N 2', 'stopped', /^ended by SIGTERM$/],
    ['2 6', 'shutdown', /^ended by the host's shutdown, never triggered; to arm it again: rig logs /],
  ] as const) {
    host.standIn('runlevel', `echo ${level}`);
    await armRig(host, ...WATCHING, '--noop', '--name', 'web');
    const [{ pid } = { pid: 0 }] = JSON.parse(await host.must('rig', ['list', '--json']));
    await host.kill(pid, 'SIGTERM');
    const record = await finished(host, 'web');
    assert.equal(record.status, status);
    assert.match(record.reasons.join(), reason);
  }
});
