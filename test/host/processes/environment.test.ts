import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVariable } from '../../../src/host/processes/environment.ts';
import { seen, start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

/** A shell that becomes a shell, 100,000 times: while execve(2) is at work, /proc has no environment of the process. */
const restless = '[ "$1" = 100000 ] || exec /bin/sh -c "$0" "$0" $(($1 + 1))';

test('the environment of a process can be read while it becomes another program', async (t) => {
  const { pid } = await start(t, 'env', ['RIG_RESTLESS=yes', '/bin/sh', '-c', restless, restless, '0']);
  await waitFor('the shell to run', async () => seen(pid)?.comm === 'sh');
  for (let look = 1; look <= 1000; look++) assert.equal(await readVariable(pid, 'RIG_RESTLESS'), 'yes', `look ${look}`);
});
