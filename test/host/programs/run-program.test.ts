import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lifeOf } from '../../../src/host/processes/stat.ts';
import { runProgram } from '../../../src/host/programs/run-program.ts';
import { newFolder } from '../../support/folder.ts';
import { mustRead } from '../../support/processes.ts';
import { waitFor } from '../../support/wait.ts';

test('what has left the process group of an ended program is ended with it', async (t) => {
  const pidFile = join(newFolder(t), 'pid');
  const ending = new AbortController();
  // As sos does: timeout(1) puts what it runs into a process group of its own.
  const script = 'timeout 900 sh -c \'echo $$ > "$0"; sleep 901\' "$0" & wait';
  const running = runProgram('/bin/sh', ['-c', script, pidFile], { signal: ending.signal });
  await waitFor('the inner shell to start', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
  const escaped = await mustRead(Number(readFileSync(pidFile, 'utf8')));
  ending.abort();
  await running;
  await waitFor('it to end', async () => !(lifeOf(escaped) === 'alive'));
});

test('a program that is ended with SIGKILL does nothing more', async (t) => {
  const file = join(newFolder(t), 'collected');
  const ending = new AbortController();
  const script = 'trap \'rm "$0"; exit\' TERM; echo data > "$0"; while :; do sleep 0.1; done';
  const running = runProgram('/bin/sh', ['-c', script, file], { signal: ending.signal, endWith: 'SIGKILL' });
  await waitFor('it to have collected', () => existsSync(file));
  ending.abort();
  assert.equal((await running).signalName, 'SIGKILL');
  assert.ok(existsSync(file));
});
