/** Whoever may write to the folder of one log does no harm to the rig, nor to what it sees of other logs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { armRig, assertNothingLeft, finished, LOG, MESSAGE, theRig, theSources } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

/** Replaces a log again and again, until the file `stop` is there. */
const replace = `
import os
number = 0
while not os.path.exists("/tmp/stop"):
    number += 1
    with open("/tmp/user/new", "w") as file:
        file.write("line %d\\n" % number)
    os.rename("/tmp/user/new", "/tmp/user/app.log")
`;

test('a log that is replaced two thousand times a second costs a gap there, and no line of another log', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '');
  host.write('/tmp/user/app.log', '');
  const lines = 300;
  const logs = ['--no-journal', '--logfile', `/tmp/user/app.log,${LOG}`];
  const id = await armRig(host, 'logs', '-m', MESSAGE, ...logs, '--count', `${lines}`, '--noop', '--debug');
  const { pid } = await theRig(host, id);
  await host.spawn('/usr/bin/python3', ['-c', replace]);
  const open = (): number => host.list(`/proc/${pid}/fd`).length;
  const source = async (path: string) => (await theSources(host, id)).find((each) => each.source === path);
  let most = 0;
  for (let line = 1; line < lines; line++) {
    host.append(LOG, `${MESSAGE} ${line}\n`);
    if (line % 10 === 0) await waitFor('it to be read', async () => Number((await source(LOG))?.matches) >= line);
    most = Math.max(most, open());
  }
  await waitFor('the gap', async () =>
    JSON.stringify((await source('/tmp/user/app.log'))?.gaps).includes('lost their names'),
  );
  most = Math.max(most, open());
  host.write('/tmp/stop', '');
  host.append(LOG, `${MESSAGE} last\n`);
  const { status, triggers } = await finished(host, id);
  assert.deepEqual([status, triggers], ['finished', 1]);
  assert.ok(most < 1300, `${most} descriptors`);
  await assertNothingLeft(host);
});
