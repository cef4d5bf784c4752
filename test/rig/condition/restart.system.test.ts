import assert from 'node:assert/strict';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import type { TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  type FinishedRecord,
  finished,
  killDaemon,
  LOG,
  type Manifest,
  MESSAGE,
  startWatched,
  theRig,
  theSources,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** A gcore that is over when `/run/go-N` is there, N being its number; it says through `/run/runs-N` that it runs. */
function slowGcore(host: TestHost): void {
  const script = `n=$(($(cat /run/number 2>/dev/null || echo 0) + 1)); echo $n > /run/number; touch /run/runs-$n
while ! [ -e /run/go-$n ]; do sleep 0.02; done
echo core > "$2.$3"`;
  host.standIn('gcore', script);
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
    manifests.map(({ trigger }) => trigger.text),
    [1, 2, 3].map((number) => `${MESSAGE} ${number}`),
  );
  await assertNothingLeft(host);
});

test('what comes while actions run is examined: the next trigger waits, further matches are counted as passed over', async (t) => {
  const { host, rig } = await startWatched(t);
  slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', 1);
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the action to run', () => host.exists('/run/runs-1'));
  host.append(LOG, `${MESSAGE} 2\n${MESSAGE} 3\n`);
  host.write('/run/go-1', '');
  host.write('/run/go-2', '');
  const record = await finished(host, id);
  const manifests = await Promise.all(archivesOf(record).map((path) => host.manifest<Manifest>(path)));
  assert.deepEqual(
    manifests.map(({ trigger }) => trigger.text),
    [`${MESSAGE} 1`, `${MESSAGE} 2`],
  );
  const context = await host.must('tar', ['-xOf', archivesOf(record)[1] ?? '', '--wildcards', '*/context/*']);
  assert.match(context, /--- the next line triggered the rig ---\nThis is my test message 2\n/);
  await assertNothingLeft(host);
});

test('of lines that come in one go the first triggers, and the second is the next trigger', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', 1);
  host.append(LOG, `${[1, 2, 3].map((number) => `${MESSAGE} ${number}`).join('\n')}\n`);
  const record = await finished(host, id);
  const manifests = await Promise.all(archivesOf(record).map((path) => host.manifest<Manifest>(path)));
  assert.deepEqual(
    manifests.map(({ trigger }) => trigger.text),
    [`${MESSAGE} 1`, `${MESSAGE} 2`],
  );
});

test('a restarting rig watches again before its archive is written', async (t) => {
  const { host, rig } = await startWatched(t);
  // What does not compress takes zlib some seconds.
  host.standIn(
    'gcore',
    'if mkdir /run/first; then head -c 60000000 /dev/urandom > "$2.$3"; else echo core > "$2.$3"; touch /run/second; fi',
  );
  const id = await armRig(host, ...rig, '--restart', 1, '--min-free', '0');
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the archive to be written', () => host.exists(`/var/tmp/rig.${id}/1.part`), { withinMs: 120_000 });
  host.append(LOG, `${MESSAGE} 2\n`);
  await waitFor('the second action', () => host.exists('/run/second'));
  assert.ok(host.exists(`/var/tmp/rig.${id}/1.part`), 'the first archive is not done yet');
  assert.equal(archivesOf(await finished(host, id, 240_000)).length, 2);
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
  host.append(LOG, `${MESSAGE} 3\n`.repeat(1000));
  await waitFor('all of them to be passed over', async () => (await passedOver(host, id)).cooldown === 1001);
  assert.equal((await theRig(host, id)).triggers, 1);
  assert.equal(host.read('/var/log/rig/rig.log').match(/a trigger is passed over/g)?.length, 1, 'it is logged once');
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
  slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', -1, '--distinct');
  const kinds = ['disk sd', 'worker', 'at 0x', 'session'];
  host.append(LOG, Array.from({ length: 400 }, (_, n) => `${MESSAGE}: ${kinds[n % 4]} ${n}\n`).join(''));
  for (const number of [1, 2, 3, 4]) host.write(`/run/go-${number}`, '');
  await waitFor('the archives', () => host.archives().length === 4);
  await waitFor('the rest to be passed over', async () => (await passedOver(host, id))['its kind is captured'] === 396);
  const manifests = await Promise.all(host.archives().map((path) => host.manifest<Manifest>(path)));
  assert.equal(new Set(manifests.map(({ trigger }) => trigger.text.replace(/\d+/g, '#'))).size, 4);
});

test('--keep removes the oldest results of the rig, and nothing that has taken their place', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', 3, '--keep', 2);
  const made: string[] = [];
  for (const number of [1, 2, 3, 4]) {
    host.append(LOG, `${MESSAGE} ${number}\n`);
    // Not by the name: that of one that was removed is free again within the same second.
    const logged = new RegExp(`trigger ${number}: (\\S+)`);
    made.push(await waitFor('the archive', () => logged.exec(host.read('/var/log/rig/rig.log'))?.[1]));
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
  await waitFor('the trigger', async () => (await theRig(host, id)).status === 'collecting');
  assert.equal((await host.rig('destroy', '--discard', id)).code, 0);
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

test('--expires leaves a rig alone that has triggered by then', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', 1, '--expires', '3s');
  host.append(LOG, `${MESSAGE} 1\n`);
  await waitFor('the first trigger', async () => (await theRig(host, id)).triggers === 1);
  // A second rig whose time is up later.
  const other = await armRig(host, ...rig, '--expires', '3s', '--exclude', MESSAGE);
  assert.equal((await finished(host, other)).status, 'expired');
  host.append(LOG, `${MESSAGE} 2\n`);
  const record = await finished(host, id);
  assert.deepEqual([record.status, record.triggers], ['finished', 2]);
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

test('a killed restarting rig leaves word of its triggers and its archives, and collects nothing more', async (t) => {
  const { host, rig } = await startWatched(t);
  slowGcore(host);
  const id = await armRig(host, ...rig, '--restart', 5);
  host.write('/run/go-1', '');
  host.append(LOG, `${MESSAGE} 1\n`);
  const first = await waitFor('the archive', async () => (await theRig(host, id)).archive as string | null);
  host.append(LOG, `${MESSAGE} 2\n`);
  await waitFor('the action to run', () => host.exists('/run/runs-2'));
  await killDaemon(host, id);
  await host.rig('list');
  const record = await finished(host, id);
  assert.equal(record.triggers, 2);
  assert.equal(record.restartsLeft, 4 - 1);
  assert.equal(archivesOf(record)[0], first);
  assert.deepEqual(host.archives(), [first], 'of the second trigger there is what was collected, and no archive');
  await assertNothingLeft(host);
});

test('archives are compressed at nice 10 in the idle class of I/O, by default', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('gcore', 'head -c 100000000 /dev/urandom > "$2.$3"');
  for (const [options, nice, io] of [
    [[], '10', 'idle'],
    [['--no-nice'], String(getPriority()), 'none: prio 0'],
  ] as const) {
    const id = await armRig(host, ...rig, '--min-free', '0', ...options);
    const { pid } = await theRig(host, id);
    host.append(LOG, `${MESSAGE}\n`);
    await waitFor('the archive to be written', () => host.exists(`/var/tmp/rig.${id}/1.part`), { withinMs: 120_000 });
    const { stdout } = await host.sh(
      `cd /proc/${pid}/task; for t in *; do case $(cat $t/comm) in libuv-worker) ps -L -o lwp=,ni= -p ${pid} | awk "\\$1==$t {print \\$2}"; ionice -p $t;; esac; done; ls /var/tmp/rig.${id}`,
    );
    assert.match(stdout, /^1\.part$/m, 'it is still being written');
    const lines = stdout.split('\n').filter((line) => /^-?\d+$|^[a-z]+(: prio \d)?$/.test(line));
    assert.deepEqual([...new Set(lines.filter((line) => line !== '1'))], [nice, io]);
    assert.equal((await host.rig('destroy', '--discard', id)).code, 0);
  }
});

test('a restarting rig that is destroyed while it only watches does not say that anything is discarded', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--restart', -1);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the archive', () => host.read('/var/log/rig/rig.log').includes(` ${id} info trigger 1: /`));
  await host.rig('destroy', id);
  assert.match((await finished(host, id)).reasons.join(), /^ended by rig destroy of \S+$/);
});

test('no delay and no repetition may be said, too', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--delay', 0, '--repeat', 0, '--repeat-delay', 0, '--restart', 0);
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, id)).status, 'finished');
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
  await host.must('sh', [
    '-c',
    `mkdir /var/log/open; chmod 777 /var/log/open; : > /var/log/file; mkdir -p /home/ann/mine; chown 1000 /home/ann
     mkdir /var/log/ro; mount -t tmpfs -o ro none /var/log/ro`,
  ]);
  for (const [args, says] of [
    [['--cooldown', '1m'], /^rig: --cooldown goes with --restart, which is not given\n$/],
    [['--keep', '3'], /^rig: --keep goes with --restart/],
    [['--distinct'], /^rig: --distinct goes with --restart/],
    [['--restart', '-2'], /^rig: --restart: expected a whole number of at least -1, got "-2"\n$/],
    [['--trigger-on-expiry'], /^rig: --trigger-on-expiry goes with --expires/],
    [['--delay', '-5'], /^rig: --delay: needs a value; one that begins with a dash is written --delay=-VALUE\n$/],
    [['--delay', '5x'], /^rig: --delay: expected a duration/],
    [['--expires', '0'], /^rig: --expires: expected a duration/],
    [['--interval', '1e9'], /^rig: --interval: expected a duration/],
    [['--repeat-delay', '1s'], /^rig: --repeat-delay goes with --repeat/],
    [['--max-per-hour', '1'], /^rig: --max-per-hour goes with --restart/],
    [['--restart', '1', '--max-total', '0'], /^rig: --max-total: expected a size/],
    [['--restart', '1', '--keep', '0'], /^rig: --keep: expected a whole number of at least 1/],
    [['--compress', 'lzma'], /^rig: --compress: expected gzip, zstd or none, got "lzma"\n$/],
    [['--compress', 'zstd', '--no-archive'], /^rig: --compress and --no-archive exclude each other\n$/],
    [['--output-dir', '/nowhere'], /^rig: --output-dir: \/nowhere: no such folder\n$/],
    [['--output-dir', '/var/log/file'], /^rig: --output-dir: \/var\/log\/file: not a folder\n$/],
    [['--output-dir', '/var/log/open'], /^rig: --output-dir: \/var\/log\/open: others than root/],
    [['--output-dir', '/home/ann/mine'], /^rig: --output-dir: \/home\/ann: others than root/],
    [['--output-dir', '/var/log/ro'], /^rig: --output-dir: \/var\/log\/ro: read-only file system\n$/],
  ] as const) {
    const { code, stderr } = await host.rig(...rig, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, says);
  }
});
