/** Nothing is destroyed on a guess: what could not be looked at is not dead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import { armRig, finished, LOG, MESSAGE, startWatched } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Six rigs, each of which is collecting. */
async function collectingRigs(host: TestHost): Promise<void> {
  host.write(LOG, '');
  for (const name of names) {
    const command = `sh -c 'echo kept; touch /run/${name}-collects; while [ ! -e /run/go ]; do sleep 0.1; done'`;
    await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--exec', command, '--name', name);
  }
  host.append(LOG, `${MESSAGE}\n`);
  for (const name of names) await waitFor(`${name} to collect`, () => host.exists(`/run/${name}-collects`));
}

/** Ends the collections, and checks that each has ended in an archive. */
async function assertAllCollect(host: TestHost): Promise<void> {
  host.write('/run/go', '');
  for (const name of names) {
    const { status, archive } = await finished(host, name);
    assert.equal(status, 'finished', name);
    assert.match(await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/*stdout*']), /^kept$/m);
  }
}

const showing = [['list'], ['list', '--all'], ['info', 'one'], ['wait', 'one', '--timeout', '1'], ['log', 'one']];
const ending = [
  ['destroy', 'one', '--discard'],
  ['destroy', '--all', '--force', '--discard'],
];

test('rig list and the like, however few descriptors they may use, touch no rig', async (t) => {
  const host = await startHost(t);
  await collectingRigs(host);
  for (const limit of [20, 24, 28, 32])
    for (const command of showing) await host.sh(`ulimit -n ${limit}; rig ${command.join(' ')}`);
  await assertAllCollect(host);
});

test('rig list and the like from another pid namespace that shares /run touch no rig, and show what it says', async (t) => {
  const host = await startHost(t);
  await collectingRigs(host);
  const container = 'unshare --pid --fork --mount-proc';
  for (const command of showing) await host.sh(`${container} rig ${command.join(' ')}`);
  const { stdout } = await host.sh(`${container} rig list --json`);
  assert.deepEqual(
    JSON.parse(stdout).map(({ status }: { status: string }) => status),
    names.map(() => 'collecting'),
  );
  await assertAllCollect(host);
});

test('a rig that does not answer is not killed from another pid namespace, which cannot know its process', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  const [{ pid } = { pid: 0 }] = JSON.parse(await host.must('rig', ['list', '--json']));
  await host.kill(pid, 'SIGSTOP');
  const container = 'unshare --pid --fork --mount-proc';
  const { stdout } = await host.sh(`${container} rig list`);
  assert.match(stdout, /^web .* unknown /m);
  for (const command of ending) {
    const { code, stderr } = await host.sh(`${container} rig ${command.join(' ').replace('one', 'web --force')}`);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^rig: web: its process cannot be seen from here \(a container\?\): end it where it was made$/m,
    );
  }
  await host.kill(pid, 'SIGCONT');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
});
