import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { armRig, assertNothingLeft, finished, MESSAGE, theRig } from '../../../support/rigs.ts';

test('rig answers while it reads a journal that unpacks to a thousand times what it holds', async (t) => {
  const host = await startHost(t);
  await host.startJournald({ config: 'RuntimeMaxUse=200M\nRateLimitBurst=0' });
  await host.journal('from before');
  const entries = 50;
  const watched = ['logs', '-m', MESSAGE, '--no-files', '--journal-reader', 'native', '--count', entries];
  const id = await armRig(host, ...watched, '--noop');
  const { pid } = await theRig(host, id);
  await host.kill(pid, 'SIGSTOP');
  // journald stores the field once, compressed, and each entry names it.
  host.write('/tmp/entry', `MESSAGE=${MESSAGE}\nBOMB=${'a'.repeat(12 * 2 ** 20)}\n`);
  await host.sh(`for i in $(seq ${entries}); do logger --journald=/tmp/entry; done; journalctl --sync`, {
    timeoutMs: 120_000,
  });
  await host.kill(pid, 'SIGCONT');
  const answers: string[] = [];
  while (host.exists(`/run/rig/${id}`)) answers.push((await host.rig('list')).stdout);
  assert.equal((await finished(host, id)).status, 'finished');
  assert.deepEqual(
    answers.filter((answer) => answer.includes('unknown')),
    [],
  );
  await assertNothingLeft(host);
});
