/** Where there is no room left for what a rig keeps of itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, LOG, MESSAGE } from '../../support/rigs.ts';

for (const full of ['/run', '/var/lib'])
  test(`where ${full} is full at the trigger, the archive and the record are there, and rig wait has them`, async (t) => {
    const host = await startHost(t, { places: { [full]: { size: '2M' } } });
    host.write(LOG, '');
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--exec', 'true');
    await host.run('dd', ['if=/dev/zero', `of=${full}/filler`, 'bs=1k']);
    host.append(LOG, `${MESSAGE}\n`);
    const { status, archive } = await finished(host, id);
    assert.equal(status, 'finished');
    const { code, stdout, stderr } = await host.rig('wait', id);
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(stdout.includes(archive ?? 'none'), stdout);
    await host.must('rm', [`${full}/filler`]);
    await assertNothingLeft(host);
  });
