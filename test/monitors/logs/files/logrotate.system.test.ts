import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { linesExamined, startWriter } from '../../../support/log-writer.ts';
import { armRig } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

const FILE = '/var/log/app.log';
const REOPEN = 'postrotate\n kill -HUP $(pidof -s perl)\nendscript';

/** Rotates four times while the writer writes on; each time only after lines have come to the new file. */
async function rotateUnderLoad(t: TestContext, config: string, isStopped = false): Promise<void> {
  const host = await startHost(t);
  host.write('/etc/logrotate-test.conf', `${FILE} {\n rotate 9\n missingok\n ${config}\n}\n`);
  const writer = await startWriter(host, FILE);
  const linesThere = (): number => (host.exists(FILE) ? host.read(FILE).split('\n').length - 1 : 0);
  await writer.pause(host);
  const old = linesThere();
  const watch = ['logs', '-m', 'nothing has this', '--logfile', FILE, '--no-journal', '--sosreport'];
  const id = await armRig(host, ...watch);
  await writer.resume(host);
  let truncated = 0;
  for (let round = 0; round < 4; round++) {
    await waitFor('lines in the new file', () => linesThere() > 100);
    if (isStopped) {
      // What is truncated before it was read is lost to everyone: so the writer stands still, and rig reads all of it.
      await writer.pause(host);
      const written = truncated + linesThere();
      await waitFor('rig to have read all', async () => (await linesExamined(host, id)) >= written - old);
      truncated = written;
    }
    await host.must('logrotate', ['-f', '-s', '/run/logrotate.state', '/etc/logrotate-test.conf']);
    const rotatedAt = Math.floor(Date.now() / 1000);
    if (isStopped) await writer.resume(host);
    if (config.includes('dateext')) await waitFor('another name', () => Math.floor(Date.now() / 1000) > rotatedAt);
  }
  const written = await writer.end();
  await waitFor('every line to be examined', async () => (await linesExamined(host, id)) >= written - old);
  assert.equal(await linesExamined(host, id), written - old);
}

for (const [what, config] of [
  ['create and compress', `create\n compress\n ${REOPEN}`],
  ['create and delaycompress', `create\n compress\n delaycompress\n ${REOPEN}`],
  ['nocreate', `nocreate\n ${REOPEN}`],
  ['dateext', `create\n dateext\n dateformat -%Y%m%d-%s\n ${REOPEN}`],
  ['olddir', `create\n olddir old\n createolddir 755 root root\n ${REOPEN}`],
] as const)
  test(`logrotate, ${what}: every line that a busy service writes is examined once`, (t) => rotateUnderLoad(t, config));

for (const [what, config] of [
  ['copytruncate', 'copytruncate'],
  ['copytruncate and compress', 'copytruncate\n compress'],
] as const)
  test(`logrotate, ${what}: every line that was there long enough to be read is examined once`, (t) =>
    rotateUnderLoad(t, config, true));
