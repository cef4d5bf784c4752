import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVariable } from '../../../src/host/processes/environment.ts';
import { readProcess } from '../../../src/host/processes/stat.ts';
import { start } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

/**
 * A shell that becomes a shell, again and again: /proc has no environment of a process while execve(2) is at work. It comes to an
 * end also where nobody ends it.
 */
const restless = '[ "$1" = 100000 ] || exec /bin/sh -c "$0" "$0" $(($1 + 1))';

test('what a process was started with is known also in the moment in which it gets another program', async (t) => {
  const { pid } = await start(t, 'env', ['RIG_RESTLESS=yes', '/bin/sh', '-c', restless, restless, '0']);
  await waitFor('the shell to run', async () => readProcess(pid)?.comm === 'sh');
  for (let look = 1; look <= 1000; look++) assert.equal(await readVariable(pid, 'RIG_RESTLESS'), 'yes', `look ${look}`);
});
