/**
 * A file system whose changes inotify does not announce, for real: FUSE. NFS and SMB, which need a server and a client in the
 * kernel, take the same way through rig.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { mountFuse } from '../../../support/fuse.ts';
import { startHost, type TestHost } from '../../../support/host.ts';
import { linesExamined, startWriter } from '../../../support/log-writer.ts';
import { armRig, finished, type Manifest, MESSAGE, theSources } from '../../../support/rigs.ts';
import type { Running } from '../../../support/running.ts';
import { waitFor } from '../../../support/wait.ts';

/** What the watched file is where it lies, and where rig sees it. */
const [BELOW, FILE] = ['/run/below/app.log', '/run/net/app.log'];

async function hostWithFuse(t: TestContext, log: string): Promise<{ host: TestHost; daemon: Running }> {
  const host = await startHost(t);
  host.write(BELOW, log);
  return { host, daemon: await mountFuse(host, '/run/below', '/run/net') };
}

const CONDITION = ['-m', MESSAGE, '--logfile', FILE, '--interval', '50ms', '--no-journal', '--noop'];

const rigLog = (host: TestHost): string[] => host.read('/var/log/rig/rig.log').split('\n');

test('a line that reaches a FUSE file system unannounced triggers, and one remark says which file is polled and why', async (t) => {
  const { host } = await hostWithFuse(t, `${MESSAGE}, old\n`);
  const { code, stdout, stderr } = await host.rig('logs', ...CONDITION);
  assert.equal(code, 0, stderr);
  const remarks = stderr.split('\n').filter((line) => line.includes('looked at'));
  const why = 'because its file system (FUSE) does not announce changes';
  assert.deepEqual(remarks, [`rig: ${FILE} is looked at every 50 ms, ${why}`]);
  host.append(BELOW, `${MESSAGE}, new\n`);
  const { archive } = await finished(host, stdout.trim());
  const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual([trigger.text, trigger.matches], [`${MESSAGE}, new`, 1]);
  assert.match(String(sources[0]?.coverage), /^no gap known: .*FUSE/);
  assert.equal(sources[0]?.wokenBy, 'polling');
});

test('a file that does not exist yet on FUSE is waited for with the same remark, and read from its first byte', async (t) => {
  const { host } = await hostWithFuse(t, '');
  await host.must('rm', [BELOW]);
  const { code, stdout, stderr } = await host.rig('logs', ...CONDITION);
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/app\.log is looked at every 50 ms, because/g)?.length, 1, stderr);
  host.write(BELOW, `${MESSAGE}\n`);
  assert.equal((await finished(host, stdout.trim())).status, 'finished');
});

test('copytruncate below a FUSE file system loses no line and repeats none', async (t) => {
  const { host } = await hostWithFuse(t, 'old\nold\n');
  const id = await armRig(host, 'logs', ...CONDITION);
  const writer = await startWriter(host, BELOW);
  await waitFor('lines to be examined', async () => (await linesExamined(host, id)) > 100);
  await writer.pause(host);
  await host.must('sh', ['-c', `cp ${BELOW} ${BELOW}.1 && : > ${BELOW}`]);
  await writer.resume(host);
  await waitFor('lines behind the truncation', () => host.read(BELOW).length > 1000);
  const written = await writer.end();
  await waitFor('all lines to be examined', async () => (await linesExamined(host, id)) >= written);
  assert.equal(await linesExamined(host, id), written, JSON.stringify(await theSources(host, id)));
  assert.match(String((await theSources(host, id))[0]?.coverage), /^no gap known/);
});

test('after a rename below a FUSE file system the new file is read from its first byte, and what the old one may yet get is a gap', async (t) => {
  const { host } = await hostWithFuse(t, 'old\nold\n');
  const id = await armRig(host, 'logs', ...CONDITION);
  host.append(BELOW, 'one\n');
  await waitFor('the first line to be examined', async () => (await linesExamined(host, id)) === 1);
  await host.must('mv', [BELOW, `${BELOW}.1`]);
  host.write(BELOW, 'two\nthree\nfour\n');
  await waitFor('the new lines to be examined', async () => (await linesExamined(host, id)) >= 4);
  host.append(BELOW, 'five\n');
  await waitFor('the next line to be examined', async () => (await linesExamined(host, id)) >= 5);
  const sources = await theSources(host, id);
  assert.equal(await linesExamined(host, id), 5, JSON.stringify(sources));
  await waitFor('the gap', async () =>
    /its name has gone to another file/.test(JSON.stringify(await theSources(host, id))),
  );
});

test('a FUSE file system that dies and is mounted again is read on where rig was, and the certificate has it', async (t) => {
  const { host, daemon } = await hostWithFuse(t, `${MESSAGE}, old\n`);
  const id = await armRig(host, 'logs', ...CONDITION);
  host.append(BELOW, 'one\ntw');
  await waitFor('the first line to be examined', async () => (await linesExamined(host, id)) === 1);
  await daemon.kill();
  await waitFor('rig to notice', async () =>
    /cannot be read: ENOTCONN/.test(JSON.stringify(await theSources(host, id))),
  );
  // ECONNABORTED is said of what was just being asked when the daemon died.
  const told = (what: string) => rigLog(host).filter((line) => new RegExp(`app\\.log: ${what}`).test(line)).length;
  const [ofFile, ofName] = ['cannot be read: (ENOTCONN|ECONNABORTED)', 'ENOTCONN'];
  await waitFor('rig to say it of the file and of its name', () => told(ofFile) > 0 && told(ofName) > 0);
  await host.must('umount', ['--lazy', '/run/net']);
  host.append(BELOW, 'o\nthree\n');
  await waitFor(
    'rig to see that it is gone',
    async () => (await theSources(host, id))[0]?.state === 'waiting for the file',
  );
  await mountFuse(host, '/run/below', '/run/net');
  await waitFor('what was written meanwhile to be examined', async () => (await linesExamined(host, id)) >= 3);
  assert.equal(await linesExamined(host, id), 3);
  host.append(BELOW, `${MESSAGE}, new\n`);
  const { archive } = await finished(host, id);
  const { trigger, sources } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual([trigger.text, trigger.matches], [`${MESSAGE}, new`, 1]);
  assert.match(String(sources[0]?.coverage), /^no gap known: .*ENOTCONN.*it was out of sight/);
  const context = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/context/*']);
  assert.match(context, /old\none\ntwo\nthree\n--- .*\nThis is my test message, new\n$/);
  assert.deepEqual([told(ofFile), told(ofName)], [1, 1], rigLog(host).join('\n'));
});

test('sed -i below a FUSE file system, which gives the name to an edited copy, makes nothing old new', async (t) => {
  const { host } = await hostWithFuse(t, 'old\n');
  const id = await armRig(host, 'logs', ...CONDITION);
  host.append(BELOW, 'a line\n'.repeat(1000));
  await waitFor('all lines to be examined', async () => (await linesExamined(host, id)) === 1000);
  await host.must('sed', ['-i', '$s/$/\\nanother/', BELOW]);
  await waitFor('the new line to be examined', async () => (await linesExamined(host, id)) > 1000);
  assert.equal(await linesExamined(host, id), 1001, JSON.stringify(await theSources(host, id)));
});
