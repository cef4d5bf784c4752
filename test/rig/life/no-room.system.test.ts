/** Where there is no room left for what a rig keeps of itself. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, killDaemon, LOG, MESSAGE } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** An armed rig on a host where these folders are full, and a program takes all room that anybody gives back. */
async function armAndFill(t: TestContext, full: string[]) {
  const places = Object.fromEntries(full.map((place) => [place, { size: '2M' }]));
  const host = await startHost(t, { places });
  host.write(LOG, '');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--exec', 'true');
  await waitFor('the room for the record', () => host.list('/var/lib/rig/armed').length === 2);
  const fill = full.map((place) => `while :; do cat /dev/zero >> ${place}/filler; done &`);
  const filling = await host.spawn('sh', ['-c', `exec 2> /dev/null; ${fill.join(' ')} wait`]);
  const free = async (): Promise<number> => {
    const available = await host.must('df', ['--output=avail', ...full]);
    return Math.max(...available.trim().split('\n').slice(1).map(Number));
  };
  await waitFor('the disk to be full', async () => (await free()) === 0);
  return { host, id, filling };
}

for (const full of [['/run'], ['/var/lib'], ['/run', '/var/lib']])
  test(`where ${full.join(' and ')} is full at the trigger, the archive and the record are there, and rig wait, info and list have them`, async (t) => {
    const { host, id } = await armAndFill(t, full);
    host.append(LOG, `${MESSAGE}\n`);
    const { status, archive } = await finished(host, id);
    assert.equal(status, 'finished');
    const { code, stdout, stderr } = await host.rig('wait', id);
    assert.deepEqual([code, stdout, stderr], [0, `${archive}\n`, '']);
    assert.ok((await host.must(host.rigPath, ['info', id])).includes(archive ?? 'none'));
    assert.match(await host.must(host.rigPath, ['list', '--all']), new RegExp(`^${id} .* finished `, 'm'));
    await assertNothingLeft(host);
  });

test('where /run and /var/lib are full and the daemon is killed, the record says so', async (t) => {
  const { host, id } = await armAndFill(t, ['/run', '/var/lib']);
  await killDaemon(host, id);
  assert.equal((await finished(host, id)).status, 'killed');
  await assertNothingLeft(host);
});
