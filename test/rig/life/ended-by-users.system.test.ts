/** Who may end a rig, what becomes of what it collects, and who hears of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  LOG,
  listRigs,
  type Manifest,
  MESSAGE,
  theRig,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const WATCHING = ['logs', '-m', MESSAGE, '--no-journal'];

async function hostWithLog(t: Parameters<typeof startHost>[0]): Promise<TestHost> {
  const host = await startHost(t);
  host.write(LOG, '');
  host.standIn('collector', 'echo first > kept; touch /run/collects\nexec sleep 86400');
  return host;
}

/** Types a command as a user does with sudo(8). */
const as = (host: TestHost, user: string, ...args: string[]) => host.run('rig', args, { env: { SUDO_USER: user } });

async function collecting(host: TestHost, name = 'web'): Promise<void> {
  assert.equal((await as(host, 'alice', ...WATCHING, '--exec', 'collector', '--name', name)).code, 0);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the program to run', () => host.exists('/run/collects'));
}

test('a collecting rig is not destroyed without --discard, and one line says how to keep or to discard what there is', async (t) => {
  const host = await hostWithLog(t);
  await collecting(host);
  const refused = await host.rig('destroy', 'web');
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^rig: web: has been collecting since \d{4}-\S+: rig stop web ends it and keeps .*, rig destroy --discard web throws that away\n$/,
  );
  assert.equal((await host.rig('destroy', '--force', 'web')).code, 1, '--force is for one that hangs');
  assert.equal((await theRig(host, 'web')).status, 'collecting');
  assert.equal((await host.rig('destroy', '--discard', 'web')).stdout, 'web: destroyed\n');
  const { status, reasons } = await finished(host, 'web');
  assert.equal(status, 'destroyed');
  assert.match(reasons.join(), /, what was being collected is discarded$/);
  assert.deepEqual(host.archives(), []);
  await assertNothingLeft(host);
});

test('rig stop of a collecting rig ends its actions and makes the archive of what there is', async (t) => {
  const host = await hostWithLog(t);
  await collecting(host);
  const waiting = host.rig('wait', 'web');
  const { code, stdout } = await host.rig('stop', 'web');
  const { status, archive } = await finished(host, 'web');
  assert.deepEqual([code, stdout, status], [0, `web: stopped, ${archive}\n`, 'stopped']);
  assert.match(archive ?? '', /-incomplete\.tar\.gz$/);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).actions[0]?.status, 'ended');
  assert.equal(await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/kept']), 'first\n');
  assert.equal((await waiting).code, 4);
  await assertNothingLeft(host);
});

test('rig stop of a rig that only watches ends it without an archive, and twice at once both say so', async (t) => {
  const host = await hostWithLog(t);
  await armRig(host, ...WATCHING, '--noop', '--name', 'web');
  // The second may come when the rig no longer answers.
  for (const { code, stdout } of await Promise.all([host.rig('stop', 'web'), host.rig('stop', 'web')]))
    if (code === 0) assert.match(stdout, /^web: (stopped|ended)\n$/);
  assert.equal((await finished(host, 'web')).status, 'stopped');
  assert.match((await host.rig('list', '--all')).stdout, /^web .* stopped /m);
  await assertNothingLeft(host);
});

test('--all with one that collects destroys the others, names that one, and exits with 1', async (t) => {
  const host = await hostWithLog(t);
  for (const name of ['one', 'two']) await armRig(host, 'logs', '-m', 'else', '--no-journal', '--noop', '--name', name);
  await collecting(host);
  const { code, stdout, stderr } = await host.rig('destroy', '--all-users');
  assert.equal(code, 1);
  assert.deepEqual(stdout.split('\n').sort(), ['', 'one: destroyed', 'two: destroyed']);
  assert.match(stderr, /^rig: web: has been collecting since [^\n]+\n$/);
  assert.equal((await host.rig('stop', '--all-users')).code, 0);
  await assertNothingLeft(host);
});

test('who armed a rig is shown, --all leaves it to others, and its log says who ended it', async (t) => {
  const host = await hostWithLog(t);
  for (const [user, name] of [
    ['alice', 'hers'],
    ['bob', 'his'],
  ] as const)
    assert.equal((await as(host, user, ...WATCHING, '--noop', '--name', name)).code, 0);
  const owners = async () => Object.fromEntries((await listRigs(host)).map(({ id, owner }) => [id, owner]));
  assert.deepEqual(await owners(), { hers: 'alice', his: 'bob' });
  assert.match((await host.rig('list')).stdout, /^hers .* alice /m);
  assert.match((await host.rig('info', 'hers')).stdout, /^owner +alice$/m);

  const all = await as(host, 'bob', 'destroy', '--all');
  assert.deepEqual([all.code, all.stdout], [0, 'his: destroyed\n']);
  assert.match(
    all.stderr,
    /^rig: hers: left alone, alice has armed it; rig destroy hers ends it, --all-users [^\n]+\n$/,
  );
  assert.deepEqual(await owners(), { hers: 'alice' });

  assert.equal((await as(host, 'bob', 'destroy', 'hers')).code, 0);
  const log = (await host.rig('log', 'hers')).stdout;
  assert.match(log, / hers info is ended by rig destroy of bob \(armed by alice\)\n/);
  assert.doesNotMatch((await host.rig('log', 'his')).stdout, /armed by/);
  assert.deepEqual((await finished(host, 'hers')).reasons, ['ended by rig destroy of bob (armed by alice)']);
});

test('the terminal from which a rig was armed is recorded', async (t) => {
  const host = await hostWithLog(t);
  const typed = `rig logs -m '${MESSAGE}' --no-journal --noop --name web`;
  await host.must('script', ['-qec', `id=$(${typed})`, '/dev/null'], { env: { SUDO_USER: 'alice' } });
  const { owner, tty } = await theRig(host, 'web');
  assert.equal(owner, 'alice');
  assert.match(String(tty), /^pts\/\d+$/);
});
