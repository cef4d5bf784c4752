import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, hasWarmedUp, MESSAGE, startService } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** Starts a bash of more than 120 MB. */
async function startBig(host: TestHost) {
  const hold = 'x=$(head -c 120M /dev/zero | tr "\\0" x); touch /run/big; read -r y < <(sleep 86400)';
  const big = await host.spawn('bash', ['-c', hold]);
  await waitFor('the process to be big', () => host.exists('/run/big'));
  return big;
}

test('on a full disk the archive fails, what was collected is kept, and the record says so', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '4M' } } });
  host.write('/var/log/messages', '');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--min-free', '0', '--gcore', service.pid);
  // What it has in its work folder until then would leave room when it is removed.
  await hasWarmedUp(host, id);
  await host.sh('dd if=/dev/zero of=/var/tmp/fill bs=1k count=4000');
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /ENOSPC/);
  assert.ok(record.archive && host.exists(record.archive), 'the record names what there is');
  assert.deepEqual(host.archives(), [], 'no half-written archive carries the final name');
  await assertNothingLeft(host);
});

test('a disk that fills up while the archive is written loses nothing that was collected', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '6M' } } });
  host.write('/var/log/messages', '');
  const service = await startService(host);
  // Random bytes do not compress: 4 MB of them and their archive do not fit into 6.
  host.standIn('gcore', 'head -c 4000000 /dev/urandom > "$2.$3"');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--min-free', '0', '--gcore', service.pid);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /archive cannot be written: ENOSPC/);
  const core = host.list(`${record.archive}/gcore`)[0] ?? '';
  assert.equal(host.readBuffer(`${record.archive}/gcore/${core}`).length, 4_000_000);
  await assertNothingLeft(host);
});

test('no action is started where less is free than --min-free, 1 GiB unless it is given: creation says so, and the record', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '64M' } } });
  host.write('/var/log/messages', '');
  const created = await host.rig('logs', '-m', MESSAGE, '--no-journal', '--exec', 'id');
  assert.match(
    created.stderr,
    /^rig: the disk has too little room now to collect everything: less than 1\.0 GiB .*--min-free/m,
  );
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, created.stdout.trim());
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /exec: not started: less than 1\.0 GiB would be left free in \/var\/tmp/);
  await assertNothingLeft(host);
});

test('a rig whose cores cannot fit is refused at creation, with what is needed and what is free', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '200M' } } });
  const big = await startBig(host);
  const { code, stderr } = await host.rig('logs', '-m', 'x', '--min-free', '100M', '--gcore', big.pid);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /less than 100 MiB would be left free in \/var\/tmp \(now \d+ MiB, about 1\d\d MiB are needed; --min-free\)/,
  );
  await assertNothingLeft(host);
});

test('no program writes more than there is room for, however fast it is', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '200M' } } });
  host.write('/var/log/messages', '');
  // In blocks of 512 bytes. The guard may end it at any time afterwards.
  host.standIn('fill', 'ulimit -f > /run/blocks; head -c 150M /dev/zero > big; exit 1');
  const args = ['--no-journal', '--min-free', '100M', '--exec', 'fill'];
  const id = await armRig(host, 'logs', '-m', MESSAGE, ...args);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.ok(Number(host.read('/run/blocks')) * 512 <= 100 * 2 ** 20);
  assert.match(record.reasons.join(), /exec: .*what it was writing is removed: less than 100 MiB/);
  assert.ok(record.archive?.endsWith('.tar.gz'), 'what there is has been packed');
  await assertNothingLeft(host);
});

test('a core that the disk has no room for is removed, and the manifest names the disk and no file', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '200M' } } });
  host.write('/var/log/messages', '');
  const service = await startService(host);
  // A real one writes more than was expected only if the process grows at that moment.
  host.standIn('gcore', 'head -c 150M /dev/zero > "$2.$3"');
  const args = ['--no-journal', '--min-free', '100M', '--gcore', service.pid];
  const id = await armRig(host, 'logs', '-m', MESSAGE, ...args);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const { archive, reasons } = await finished(host, id);
  assert.match(reasons.join(), /removed: less than 100 MiB would be left free in \/var\/tmp/);
  const manifest = JSON.stringify(await host.manifest(archive ?? ''));
  assert.ok(!/core\.myservice\.\d+"|no ELF header/.test(manifest), manifest);
  const names = await host.tarList(archive ?? '');
  assert.ok(!names.some((name) => name.includes('/core.')));
  await assertNothingLeft(host);
});

test('an action that fills the disk is ended before that, what it was writing is removed, and what was complete is kept', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '200M' } } });
  host.write('/var/log/messages', '');
  const service = await startService(host);
  // It stops where there is less room than there should be, and still some: rig may be slow to look.
  host.standIn(
    'fill',
    'for n in $(seq 130); do head -c 1M /dev/zero; sleep 0.01; done > big\nwhile :; do touch big; sleep 0.1; done',
  );
  const args = ['--no-journal', '--min-free', '100M', '--gcore', service.pid, '--exec', 'fill'];
  const id = await armRig(host, 'logs', '-m', MESSAGE, ...args);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.match(record.reasons.join(), /exec: ended, what it was writing is removed: less than 100 MiB/);
  const names = await host.tarList(record.archive ?? '');
  assert.ok(names.some((name) => name.includes('/gcore/core.')));
  assert.ok(!names.some((name) => name.endsWith('/big')));
  await assertNothingLeft(host);
});

test('a core that would not leave enough free is not begun', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '200M' } } });
  host.write('/var/log/messages', '');
  const id = await armRig(
    host,
    'logs',
    '-m',
    MESSAGE,
    '--no-journal',
    '--min-free',
    '100M',
    '--gcore',
    'bash',
    '--gcore-all-pids',
  );
  await startBig(host);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.match(
    record.reasons.join(),
    /less than 100 MiB would be left free in \/var\/tmp \(now \d+ MiB, about \d+ MiB are needed/,
  );
});

test('a restarting rig that triggers again and again where there is no room says so in one archive, and fills nothing', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '64M' } } });
  host.write('/var/log/messages', '');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--restart', '3', '--exec', 'id');
  for (let number = 1; number <= 4; number++) {
    host.append('/var/log/messages', `${MESSAGE}\n`);
    await waitFor('the trigger to be worked on', () =>
      host.read('/var/log/rig/rig.log').includes(number === 1 ? 'trigger 1: /' : `trigger ${number}: nothing`),
    );
  }
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /exec: not started.*trigger 4: nothing is collected: less than 1\.0 GiB/);
  assert.deepEqual(host.archives(), [record.archive]);
  await assertNothingLeft(host);
});
