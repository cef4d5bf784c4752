import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../support/host.ts';
import { armRig, assertNothingLeft, finished, MESSAGE, startService } from '../support/rigs.ts';

test('on a full disk the archive fails, what was collected is kept, and the record says so', async (t) => {
  const host = await startHost(t, { places: { '/var/tmp': { size: '4M' } } });
  host.write('/var/log/messages', '');
  const service = await startService(host);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--gcore', service.pid);
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
  host.write('/usr/local/bin/gcore', '#!/bin/sh\nhead -c 4000000 /dev/urandom > "$2.$3"\n');
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--gcore', service.pid);
  host.append('/var/log/messages', `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /archive cannot be written: ENOSPC/);
  const core = host.list(`${record.archive}/gcore`)[0] ?? '';
  assert.equal(host.readBuffer(`${record.archive}/gcore/${core}`).length, 4_000_000);
  await assertNothingLeft(host);
});
