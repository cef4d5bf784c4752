/** Who reads the journal: rig itself, also that of another host; journalctl, where rig cannot; and whoever is asked for. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost, type TestHost } from '../../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  type Manifest,
  MESSAGE,
  rigProcesses,
  theSources,
} from '../../../support/rigs.ts';
import type { StrangeKind } from '../../../support/strange-journals.ts';
import { addStrangeFile, strangeKinds } from '../../../support/strange-journals.ts';
import { waitFor } from '../../../support/wait.ts';

const watched = ['logs', '-m', MESSAGE, '--no-files', '--noop'];

async function result(host: TestHost, id: string): Promise<{ manifest: Manifest; log: string }> {
  const { archive } = await finished(host, id);
  const manifest = await host.manifest<Manifest>(archive ?? '');
  const log = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/rig.log']);
  return { manifest, log };
}

const withoutJournalctl = (host: TestHost): Promise<string> =>
  host.must('mount', ['--bind', '/dev/null', '/usr/bin/journalctl']);

/**
 * A host whose journal is seen here, under `dir`, as a container sees that of the host it runs on: here there is neither a
 * journald nor a journalctl.
 */
async function watchingHost(t: TestContext) {
  const host = await startHost(t);
  const root = '/tmp/host';
  await host.sh(
    `mkdir -p ${root}/journal /var/log/journal; tr -d - </proc/sys/kernel/random/uuid >${root}/machine-id; rm /dev/log`,
  );
  const itsOwn = [
    'mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/journal; touch /run/systemd/journal/flushed',
    `mount --bind ${root}/machine-id /etc/machine-id; mount --bind ${root}/journal /var/log/journal`,
    'exec /lib/systemd/systemd-journald',
  ];
  const { pid } = await host.spawn('unshare', ['--mount', 'sh', '-c', itsOwn.join('; ')]);
  const there = (script: string): Promise<string> =>
    host.must('nsenter', ['--mount', `--target=${pid}`, 'sh', '-c', script]);
  await waitFor('the journald of the other host', async () => {
    const { code } = await host.run('nsenter', ['--mount', `--target=${pid}`, 'journalctl', '--sync']);
    return code === 0;
  });
  await withoutJournalctl(host);
  const log = (message: string): Promise<string> =>
    there(`printf 'MESSAGE=%s\\n' '${message}' | logger --journald; journalctl --sync`);
  return { host, dir: `${root}/journal`, log, there };
}

const examined = async (host: TestHost, id: string): Promise<number> =>
  Number((await theSources(host, id))[0]?.entries);

test('the journal of another host is watched where it is mounted, without journald or journalctl on this side', async (t) => {
  const { host, dir, log, there } = await watchingHost(t);
  await log(MESSAGE);
  const id = await armRig(host, ...watched, '--journal-dir', dir);
  // What was there before stays old, whatever becomes of its file.
  await there('journalctl --rotate');
  await log('after the rotation');
  await waitFor('the entry to be examined', async () => (await examined(host, id)) > 0);
  assert.equal((await theSources(host, id))[0]?.matches, 0);
  await log(MESSAGE);
  const { manifest } = await result(host, id);
  assert.deepEqual([manifest.trigger.text, manifest.trigger.matches], [MESSAGE, 1]);
  const [source] = manifest.sources;
  assert.deepEqual([source?.reader, source?.coverage, source?.matches], ['native', 'no gap', 1]);
  await assertNothingLeft(host);
});

test('a copied journal is watched, also while a newer copy is written over it', async (t) => {
  const { host, dir, log } = await watchingHost(t);
  await log(MESSAGE);
  const copy = () => host.must('cp', ['-a', `${dir}/.`, '/tmp/copy']);
  await copy();
  const id = await armRig(host, ...watched, '--journal-dir', '/tmp/copy');
  await log('one more');
  await copy();
  await waitFor('the entry to be examined', async () => (await examined(host, id)) > 0);
  assert.equal((await theSources(host, id))[0]?.matches, 0);
  await log(MESSAGE);
  await copy();
  const { manifest } = await result(host, id);
  assert.deepEqual([manifest.trigger.text, manifest.trigger.matches], [MESSAGE, 1]);
  assert.deepEqual([manifest.sources[0]?.reader, manifest.sources[0]?.gaps], ['native', []]);
});

const kinds = Object.keys(strangeKinds) as StrangeKind[];
const remarkOf = (kind: StrangeKind): RegExp =>
  new RegExp(`journalctl reads it, because .*user-4711\\.journal: .*${kind}`);

for (const kind of kinds)
  test(`when a file comes of which rig says "${kind}", journalctl goes on, with one remark, and a new entry triggers`, async (t) => {
    const host = await startHost(t);
    await host.startJournald();
    await host.journal(MESSAGE);
    const id = await armRig(host, ...watched);
    assert.deepEqual(host.processesNamed('journalctl'), []);
    await host.journal('one');
    await addStrangeFile(host, kind);
    await waitFor('journalctl to follow', () => host.processesNamed('journalctl').length > 0);
    await host.journal(MESSAGE);
    const { manifest, log } = await result(host, id);
    assert.deepEqual([manifest.trigger.text, manifest.trigger.matches], [MESSAGE, 1]);
    assert.deepEqual([manifest.sources[0]?.reader, manifest.sources[0]?.gaps], ['journalctl', []]);
    assert.match(log, remarkOf(kind));
    assert.equal(log.match(/journalctl reads it/g)?.length, 1, log);
    await assertNothingLeft(host);
  });

for (const kind of ['incompatible flags that are not known', 'there is no entry at'] as const)
  test(`where a file is there of which rig says "${kind}", journalctl reads the journal from the start, with one remark`, async (t) => {
    const host = await startHost(t);
    await host.startJournald();
    await host.journal(MESSAGE);
    await addStrangeFile(host, kind);
    const { code, stdout, stderr } = await host.rig(...watched);
    assert.equal(code, 0, stderr);
    assert.match(stderr, remarkOf(kind));
    assert.equal(stderr.match(/journalctl reads it/g)?.length, 1, stderr);
    await host.journal(MESSAGE);
    const { manifest } = await result(host, stdout.trim());
    assert.deepEqual([manifest.trigger.text, manifest.trigger.matches], [MESSAGE, 1]);
    assert.equal(manifest.sources[0]?.reader, 'journalctl');
  });

test('with --journal-reader native no journalctl is started: a file that cannot be read is a gap', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('from before');
  const id = await armRig(host, ...watched, '--journal-reader', 'native');
  await addStrangeFile(host, 'incompatible flags that are not known');
  await waitFor('the gap', async () => (await theSources(host, id))[0]?.coverage === 'gaps');
  await host.journal(MESSAGE);
  const { manifest, log } = await result(host, id);
  assert.deepEqual([manifest.trigger.text, manifest.sources[0]?.reader], [MESSAGE, 'native']);
  assert.match(JSON.stringify(manifest.sources[0]?.gaps), /cannot be read: .*user-4711\.journal/);
  assert.equal(log.match(/user-4711\.journal/g)?.length, 1, log);
});

const unreadable = 'incompatible flags that are not known: 1073741824';
const refused: Array<[string, string[], (host: TestHost) => Promise<unknown>, string]> = [
  [
    '--journal-reader native, and rig cannot',
    ['--journal-reader', 'native'],
    async () => {},
    `--journal-reader native: FILE: it has ${unreadable}`,
  ],
  [
    '--journal-reader journalctl, and there is none',
    ['--journal-reader', 'journalctl'],
    withoutJournalctl,
    '--journal-reader journalctl: journalctl is not installed',
  ],
  [
    'neither rig nor journalctl can read it',
    [],
    withoutJournalctl,
    `nothing is left to watch: --no-files, and the journal cannot be read: FILE: it has ${unreadable}, and journalctl, which may do better, is not installed`,
  ],
  [
    'neither can, and a unit is to be watched',
    ['--journal', 'web'],
    withoutJournalctl,
    `--journal: the journal cannot be read: FILE: it has ${unreadable}, and journalctl, which may do better, is not installed`,
  ],
];
for (const [what, args, prepare, message] of refused)
  test(`one clear line: ${what}`, async (t) => {
    const host = await startHost(t);
    await host.startJournald();
    await host.journal('from before');
    const path = await addStrangeFile(host, 'incompatible flags that are not known');
    await prepare(host);
    const { code, stdout, stderr } = await host.rig(...watched, ...args);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(stderr, `rig: ${message.replace('FILE', path)}\n`);
    assert.deepEqual(rigProcesses(host), []);
  });
