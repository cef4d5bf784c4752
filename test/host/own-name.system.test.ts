import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../support/host.ts';
import { armRig, theRig } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

/** A program that rig starts has its name until execve(2). */
async function isFoundAlone(host: TestHost, pid: number): Promise<void> {
  for (const finder of ['pgrep', 'pidof'])
    await waitFor(`${finder} to find it alone`, async () => (await host.must(finder, ['rig'])) === `${pid}\n`);
}

test('a rig is called rig, and its command line shows its id and its monitor', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const id = await armRig(host, 'logs', '-m', 'boom', '--no-journal', '--name', 'myrig', '--noop');
  const { pid } = await theRig(host, id);
  assert.equal((await host.must('ps', ['-o', 'comm=', '-p', String(pid)])).trim(), 'rig');
  assert.match(await host.must('ps', ['-o', 'args=', '-p', String(pid)]), /\/rig --daemon myrig logs$/m);
  await isFoundAlone(host, pid);
});

test('a rig in the foreground is called rig, and its guardian is not', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  const attached = await host.spawn('rig', ['logs', '-m', 'boom', '--no-journal', '--noop', '--foreground']);
  await waitFor('the guardian', () => host.processes().some(({ args }) => args.includes('rig-guardian')));
  await isFoundAlone(host, attached.pid);
});
