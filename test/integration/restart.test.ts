import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  type FinishedRecord,
  finished,
  type Manifest,
  MESSAGE,
  startService,
  theRig,
  theSources,
} from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

const LOG = '/var/log/messages';

/** A host with a log file and a service, and the arguments of a rig that watches the one and dumps the other. */
async function startWatched(t: Parameters<typeof startHost>[0], options: Parameters<typeof startHost>[1] = {}) {
  const host = await startHost(t, options);
  host.write(LOG, '');
  const service = await startService(host);
  const rig = ['logs', '-m', MESSAGE, '--no-journal', '--gcore', String(service.pid)];
  return { host, service, rig };
}

/** A gcore that is over when `/run/go-N` is there, N being its number; it says through `/run/runs-N` that it runs. */
async function slowGcore(host: TestHost): Promise<void> {
  const script = `#!/bin/sh
n=$(($(cat /run/number 2>/dev/null || echo 0) + 1)); echo $n > /run/number; touch /run/runs-$n
while ! [ -e /run/go-$n ]; do sleep 0.02; done
echo core > "$2.$3"
`;
  host.write('/usr/local/bin/gcore', script);
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
}

const archivesOf = (record: FinishedRecord): string[] => record.archives as string[];

test('--restart 2 makes three archives, each with its own trigger, and then ends', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', 2, '--name', 'web');
  for (const number of [1, 2, 3]) {
    host.append(LOG, `${MESSAGE} ${number}\n`);
    await waitFor('the archive', () => host.archives().length === number);
  }
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.equal(record.triggers, 3);
  assert.equal(record.restartsLeft, 0);
  const manifests = await Promise.all(archivesOf(record).map((path) => host.manifest<Manifest>(path)));
  assert.deepEqual(
    manifests.map(({ trigger }) => trigger.line),
    [1, 2, 3].map((number) => `${MESSAGE} ${number}`),
  );
  await assertNothingLeft(host);
});

test('what comes while actions run is examined: the next trigger waits, further matches are counted as passed over', async (t) => {
  const { host, rig } = await startWatched(t);
  await slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', 1);
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the action to run', () => host.exists('/run/runs-1'));
  host.append(LOG, `${MESSAGE} 2\n${MESSAGE} 3\n`);
  host.write('/run/go-1', '');
  host.write('/run/go-2', '');
  const record = await finished(host, id);
  const manifests = await Promise.all(archivesOf(record).map((path) => host.manifest<Manifest>(path)));
  assert.deepEqual(
    manifests.map(({ trigger }) => trigger.line),
    [`${MESSAGE} 1`, `${MESSAGE} 2`],
  );
  await assertNothingLeft(host);
});

test('a restarting rig watches again before its archive is written', async (t) => {
  const { host, rig } = await startWatched(t);
  // What does not compress takes zlib some seconds.
  host.write(
    '/usr/local/bin/gcore',
    '#!/bin/sh\nif mkdir /run/first; then head -c 200000000 /dev/urandom > "$2.$3"; else echo core > "$2.$3"; touch /run/second; fi\n',
  );
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
  const id = await armRig(host, ...rig, '--restart', 1);
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the archive to be written', () => host.exists(`/var/tmp/rig.${id}/1.part`));
  host.append(LOG, `${MESSAGE} 2\n`);
  await waitFor('the second action', () => host.exists('/run/second'));
  assert.ok(host.exists(`/var/tmp/rig.${id}/1.part`), 'the first archive is not done yet');
  assert.equal(archivesOf(await finished(host, id)).length, 2);
  await assertNothingLeft(host);
});

test('rig destroy of a restarting rig keeps the archives that it has made', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart=-1');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the archive', () => host.archives().length === 1);
  await waitFor('it to watch again', async () => (await theRig(host, id)).status === 'watching');
  await waitFor('what is in the archive to be gone', () => host.list(`/var/tmp/rig.${id}`).length === 0);
  assert.equal((await host.rig('destroy', id)).code, 0);
  const record = await finished(host, id);
  assert.equal(record.status, 'destroyed');
  assert.deepEqual(archivesOf(record), host.archives());
  await assertNothingLeft(host);
});

/** How many matches a rig has passed over, by the reason. */
async function passedOver(host: TestHost, id: string): Promise<Record<string, number>> {
  const sources = await theSources(host, id);
  return (sources.find(({ source }) => source === 'condition')?.passedOver ?? {}) as Record<string, number>;
}

test('--cooldown passes over what matches after a trigger, and says how much', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', -1, '--cooldown', '1h');
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the archive', () => host.archives().length === 1);
  host.append(LOG, `${MESSAGE} 2\n`);
  await waitFor('the match to be passed over', async () => (await passedOver(host, id)).cooldown === 1);
  assert.equal((await theRig(host, id)).triggers, 1);
});

test('--max-per-hour holds for every hour', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', -1, '--max-per-hour', 2);
  for (const number of [1, 2]) {
    host.append(LOG, `${MESSAGE} ${number}\n`);
    await waitFor('the archive', () => host.archives().length === number);
  }
  host.append(LOG, `${MESSAGE} 3\n`);
  await waitFor('the match to be passed over', async () => 'limit for an hour reached' in (await passedOver(host, id)));
  assert.equal((await theRig(host, id)).triggers, 2);
});

test('--distinct makes one archive for each kind of line, those that come while actions run included', async (t) => {
  const { host, rig } = await startWatched(t);
  await slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', -1, '--distinct');
  const kinds = ['disk sd', 'worker', 'at 0x', 'session'];
  host.append(LOG, Array.from({ length: 400 }, (_, n) => `${MESSAGE}: ${kinds[n % 4]} ${n}\n`).join(''));
  for (const number of [1, 2, 3, 4]) host.write(`/run/go-${number}`, '');
  await waitFor('the archives', () => host.archives().length === 4);
  await waitFor('the rest to be passed over', async () => (await passedOver(host, id))['its kind is captured'] === 396);
  const manifests = await Promise.all(host.archives().map((path) => host.manifest<Manifest>(path)));
  assert.equal(new Set(manifests.map(({ trigger }) => trigger.line.replace(/\d+/g, '#'))).size, 4);
});

test('--keep removes the oldest results of the rig, and nothing that has taken their place', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', 3, '--keep', 2);
  const made: string[] = [];
  for (const number of [1, 2, 3, 4]) {
    host.append(LOG, `${MESSAGE} ${number}\n`);
    await waitFor('the archive', async () => {
      const rows = host.exists(`/run/rig/${id}`) ? [await theRig(host, id).catch(() => undefined)] : [];
      const archive =
        rows[0]?.archive ??
        JSON.parse(host.exists(`/run/rig/finished/${id}.json`) ? host.read(`/run/rig/finished/${id}.json`) : '{}')
          .archive;
      if (typeof archive !== 'string' || made.includes(archive)) return false;
      made.push(archive);
      return true;
    });
    // Somebody takes the second one away, and puts a file of the same name there.
    if (number === 2) await host.must('sh', ['-c', `rm ${made[1]}; echo mine > ${made[1]}`]);
  }
  const record = await finished(host, id);
  assert.deepEqual(archivesOf(record), made.slice(2));
  assert.deepEqual([...host.archives()].sort(), made.slice(1).sort());
  assert.equal(host.read(made[1] as string), 'mine\n');
});

test('--repeat runs what can be repeated again, into folders of their own', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--repeat', 2, '--repeat-delay', '10ms');
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  const names = await host.tarList(record.archive ?? '');
  for (const folder of ['gcore', 'gcore.2', 'gcore.3'])
    assert.ok(
      names.some((name) => name.includes(`/${folder}/core.myservice`)),
      folder,
    );
  const manifest = await host.manifest<Manifest>(record.archive ?? '');
  assert.deepEqual(
    manifest.actions.map(({ files }) => files.length),
    [1, 1, 1],
  );
});

test('--delay comes between the trigger and the actions, after the watch has stopped, and destroy ends it', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--delay', '1h');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the trigger', async () => (await theRig(host, id)).status === 'triggered');
  assert.equal((await host.rig('destroy', id)).code, 0);
  assert.equal((await finished(host, id)).status, 'destroyed');
  await assertNothingLeft(host);
});

test('--expires ends a rig that has not triggered', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--expires', '300ms');
  const record = await finished(host, id);
  assert.equal(record.status, 'expired');
  assert.equal(record.archive, null);
  await assertNothingLeft(host);
});

test('--trigger-on-expiry runs the actions when the time is up', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--expires', '300ms', '--trigger-on-expiry');
  const record = await finished(host, id);
  assert.equal(record.status, 'expired');
  const manifest = await host.manifest<Manifest>(record.archive ?? '');
  assert.match(manifest.trigger.because ?? '', /expired/);
  assert.equal(manifest.actions[0]?.status, 'done');
});

test('a killed restarting rig leaves word of its triggers', async (t) => {
  const { host, rig } = await startWatched(t);
  await slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', 5);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the action to run', () => host.exists('/run/runs-1'));
  await host.kill((await theRig(host, id)).pid, 'SIGKILL');
  await host.rig('list');
  const record = await finished(host, id);
  assert.equal(record.triggers, 1);
  assert.equal(record.restartsLeft, 4);
});

test('--output-dir takes everything, and --compress decides its form', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.must('mkdir', ['-p', '/var/log/evidence']);
  for (const [how, ending, test] of [
    ['gzip', '.tar.gz', ['gzip', '-t']],
    ['zstd', '.tar.zst', ['sh', '-c', 'head -c4 "$0" | od -An -tx1 | grep -q "28 b5 2f fd"']],
    ['none', '.tar', ['tar', '-tf']],
  ] as const) {
    const id = await armRig(host, ...rig, '--output-dir', '/var/log/evidence', '--compress', how);
    assert.ok(host.exists(`/var/log/evidence/rig.${id}`), 'the work folder is there, too');
    host.append(LOG, `${MESSAGE}\n`);
    const { archive } = await finished(host, id);
    assert.match(archive ?? '', /^\/var\/log\/evidence\/rig-.*/);
    assert.ok(archive?.endsWith(ending), archive ?? '');
    await host.must(test[0], [...test.slice(1), archive ?? '']);
  }
  assert.deepEqual(host.list('/var/tmp'), []);
});

test('options of a rig that mean nothing together are refused in one line', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.must('sh', ['-c', 'mkdir /var/log/open; chmod 777 /var/log/open; : > /var/log/file']);
  for (const [args, says] of [
    [['--cooldown', '1m'], /^rig: --cooldown goes with --restart, which is not given\n$/],
    [['--keep', '3'], /^rig: --keep goes with --restart/],
    [['--distinct'], /^rig: --distinct goes with --restart/],
    [['--restart', '-2'], /^rig: --restart: expected a whole number of at least -1, got "-2"\n$/],
    [['--trigger-on-expiry'], /^rig: --trigger-on-expiry goes with --expires/],
    [['--compress', 'lzma'], /^rig: --compress: expected gzip, zstd, none, got "lzma"\n$/],
    [['--compress', 'zstd', '--no-archive'], /^rig: --compress and --no-archive exclude each other\n$/],
    [['--output-dir', '/nowhere'], /^rig: --output-dir: \/nowhere: no such folder\n$/],
    [['--output-dir', '/var/log/file'], /^rig: --output-dir: \/var\/log\/file: not a folder\n$/],
    [['--output-dir', '/var/log/open'], /^rig: --output-dir: \/var\/log\/open: others than root/],
  ] as const) {
    const { code, stderr } = await host.rig(...rig, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, says);
  }
});
