/** What an action makes in its folder, and what others do beside it, harms neither the host nor the rest of what is collected. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, hasWarmedUp, type Manifest, rigProcesses } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const LOG = '/var/log/messages';
const watching = ['logs', '-m', 'boom', '--no-journal', '--min-free', '0'];

async function start(t: TestContext, places = {}) {
  const host = await startHost(t, { places });
  host.write(LOG, '');
  return host;
}

test('what an action has mounted in its folder is neither emptied nor packed, and the archive is there', async (t) => {
  const host = await start(t);
  host.write('/root/precious/data', 'gold');
  const script = 'echo said; mkdir "a b"; mount --bind /root/precious "a b"';
  const id = await armRig(host, ...watching, '--exec-shell', '--exec', script);
  host.append(LOG, 'boom\n');
  const record = await finished(host, id);
  assert.equal(host.read('/root/precious/data'), 'gold');
  assert.match(record.reasons.join(), /is not removed: something is mounted on \S+\/exec\/a b; it is in \S+ now/);
  assert.match(record.archive ?? '', /\.tar\.gz$/);
  const names = await host.tarList(record.archive ?? '');
  assert.ok(names.some((name) => name.endsWith('/exec/1-sh.stdout')));
  assert.ok(!names.some((name) => name.endsWith('/data')));
  await assertNothingLeft(host);
});

for (const [what, destroy] of [
  ['rig destroy', async (host, id) => assert.equal((await host.rig('destroy', '--discard', id)).code, 0)],
  [
    'rig destroy --force of a rig that hangs',
    async (host, id) => {
      const pids = host.processes().filter(({ args }) => args.includes('--daemon') || args.includes('rig-guardian'));
      await host.sh(pids.map(({ pid }) => `kill -STOP ${pid}`).join('; '));
      assert.equal((await host.rig('destroy', '--force', id)).code, 0);
    },
  ],
] as [string, (host: Awaited<ReturnType<typeof start>>, id: string) => Promise<void>][])
  test(`what an action has mounted in its folder survives ${what}`, async (t) => {
    const host = await start(t);
    host.write('/root/precious/data', 'gold');
    const script = 'mkdir m; mount --bind /root/precious m; touch /run/mounted; sleep 1000';
    const id = await armRig(host, ...watching, '--exec-shell', '--exec', script);
    host.append(LOG, 'boom\n');
    await waitFor('the mount', () => host.exists('/run/mounted'));
    await destroy(host, id);
    assert.equal(host.read('/root/precious/data'), 'gold');
    assert.equal((await finished(host, id)).status, 'destroyed');
    await assertNothingLeft(host);
  });

test('a file whose name is no UTF-8 is in the archive under another name, and so is all the rest', async (t) => {
  const host = await start(t);
  const script = String.raw`mkdir "$(printf 'd\351')"; echo one > "$(printf 'd\351/caf\351')"; echo two > 'caf\xe9'; echo three > "$(printf 'caf\351')"`;
  const id = await armRig(host, ...watching, '--exec-shell', '--exec', script);
  host.append(LOG, 'boom\n');
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  const folder = await host.tarExtract(record.archive ?? '');
  const root = `${folder}/${host.list(folder)[0]}/exec`;
  const content = (name: string) => host.read(`${root}/${name}`);
  assert.deepEqual(['d\\xe9/caf\\xe9', 'caf\\xe9', 'caf\\xe9-2'].map(content), ['one\n', 'two\n', 'three\n']);
  const { actions } = await host.manifest<Manifest>(record.archive ?? '');
  assert.ok(actions[0]?.files.some(({ path }) => path === 'exec/caf\\xe9-2'));
});

test('a folder that another user has made in the place of the work folder is not written to, and stays', async (t) => {
  const host = await start(t);
  const id = await armRig(host, ...watching, '--exec', 'id');
  await hasWarmedUp(host, id);
  await host.must('rmdir', [`/var/tmp/rig.${id}`]);
  const asUser = ['--reuid', '1000', '--regid', '1000', '--clear-groups', 'sh', '-c'];
  await host.must('setpriv', [...asUser, `mkdir -m 777 /var/tmp/rig.${id} /var/tmp/rig.${id}/1`]);
  host.append(LOG, 'boom\n');
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /trigger 1: nothing is collected: \S+ is in the way and does not belong to rig/);
  await waitFor('the daemon to be gone', () => rigProcesses(host).length === 0);
  assert.deepEqual(host.list(`/var/tmp/rig.${id}`), ['1']);
});
