import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ExaminedSpan } from '../../../../src/monitors/logs/files/certificate.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { startHost, type TestHost } from '../../../support/host.ts';
import { linesExamined } from '../../../support/log-writer.ts';
import { armRig, finished, type Manifest, MESSAGE, theRig, theSources } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

const FILE = '/var/log/app.log';
interface Certificate {
  coverage: string;
  examined: ExaminedSpan[];
}

/** Two of the hundred parts of a real report are enough. */
const SOS = '[report]\nonly-plugins = host,process\n';

async function hostWithLog(t: TestContext): Promise<TestHost> {
  const host = await startHost(t);
  host.write('/etc/sos/sos.conf', SOS);
  host.write(FILE, 'old\n');
  return host;
}

test('the manifest says which bytes of a file were examined, up to the line that triggered', async (t) => {
  const host = await hostWithLog(t);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--logfile', FILE, '--no-journal', '--noop');
  host.append(FILE, `one\n${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  const [source] = (await host.manifest<{ sources: Certificate[] }>(archive ?? '')).sources;
  const end = `old\none\n${MESSAGE}`.length;
  assert.deepEqual([source?.coverage, source?.examined.map(({ from, to }) => [from, to])], ['no gap', [[4, end]]]);
});

for (const [what, limits, reason] of [
  ['instances', 'echo 0 > /proc/sys/user/max_inotify_instances', /max_user_instances are in use/],
  ['watches', 'echo 1 > /proc/sys/user/max_inotify_watches', /max_user_watches are in use/],
] as const)
  test(`when no inotify ${what} are left, files are looked at every --interval, and a remark says why`, async (t) => {
    const host = await hostWithLog(t);
    const command = `rig logs -m '${MESSAGE}' --logfile ${FILE},/var/log/other --interval 50ms --no-journal --sosreport`;
    // Limits of a user namespace of its own: the real ones belong to the whole machine.
    const { code, stdout, stderr } = await host.sh(`unshare -Ur sh -c "${limits}; exec ${command}"`);
    assert.equal(code, 0, stderr);
    const remarks = stderr.split('\n').filter((line) => line.includes('looked at'));
    assert.equal(remarks.length, 1, stderr);
    assert.match(remarks[0] ?? '', /^rig: \/var\/log\/\S+ is looked at every 50 ms, because /);
    assert.match(remarks[0] ?? '', reason);
    const id = stdout.trim();
    assert.equal((await theSources(host, id))[0]?.wokenBy, 'polling');
    host.append(FILE, 'one\n');
    await host.must('mv', [FILE, `${FILE}.1`]);
    host.write(FILE, 'two\n');
    await waitFor('both lines to be examined', async () => (await linesExamined(host, id)) === 2);
    host.append(FILE, `${MESSAGE}\n`);
    assert.equal((await finished(host, id)).archive !== null, true);
  });

test('on an overlay a file is followed through its first write, and none of its old lines is new', async (t) => {
  const host = await startHost(t);
  await host.must('sh', ['-c', 'cd /run && mkdir l u m && mount -t tmpfs l l && echo old > l/app.log']);
  await host.must('sh', ['-c', 'cd /run && mount -t tmpfs u u && mkdir u/up u/work']);
  await host.must('mount', [
    '-t',
    'overlay',
    '-o',
    'lowerdir=/run/l,upperdir=/run/u/up,workdir=/run/u/work',
    'o',
    '/run/m',
  ]);
  const id = await armRig(host, 'logs', '-m', 'boom', '--logfile', '/run/m/app.log', '--no-journal', '--sosreport');
  await host.must('sh', ['-c', 'echo one >> /run/m/app.log; echo two >> /run/m/app.log']);
  await waitFor('both lines to be examined', async () => (await linesExamined(host, id)) >= 2);
  assert.equal(await linesExamined(host, id), 2);
});

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

test('what the real rsyslog drops of a flood is a gap in the certificate of the file that it writes', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  await host.startRsyslog({ burst: 5 });
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--noop');
  const flood = await host.spawnInteractive('logger', ['-t', 'flood']);
  flood.type('line\n'.repeat(200));
  const dropped = () =>
    [...host.read('/var/log/messages').matchAll(/ (\d+) messages lost due to rate-limiting/g)].map(([, n]) =>
      Number(n),
    );
  await waitFor('rsyslog to say how much it dropped', () => {
    // It says so with the next message of the same process.
    flood.type('line\n');
    return dropped().length > 0;
  });
  flood.end();
  const gap = await waitFor('the gap to be claimed', async () => {
    const { coverage, gaps } = (await theSources(host, id))[0] as unknown as { coverage: string; gaps: Gap[] };
    const claimed = gaps.filter(({ missing }) => missing !== null);
    const isWhole = sum(claimed.map(({ missing }) => Number(missing))) === sum(dropped());
    return coverage === 'gaps' && isWhole && claimed[0];
  });
  assert.match(gap.cause, /^rsyslogd\S*: imuxsock.*N messages lost due to rate-limiting/);
});

test('a file of /proc is read again and again: of equal lines only one that is added counts', async (t) => {
  const host = await startHost(t);
  const mount = ['-t', 'tmpfs', 'one-of-two', '/mnt'];
  await host.must('mount', mount);
  const condition = ['-m', 'one-of-two', '--logfile', '/proc/mounts', '--interval', '50ms', '--no-journal'];
  const { code, stdout, stderr } = await host.rig('logs', ...condition, '--noop');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /\/proc\/mounts is read every 50 ms, because its file system \(proc\) does not announce/);
  const id = stdout.trim();
  const readings = async () => Number((await theSources(host, id))[0]?.readings);
  const before = await readings();
  await waitFor('another reading', async () => (await readings()) > before);
  assert.match(await host.must('rig', ['info', id]), /no gap known: it is read every 50 ms/);
  await host.must('mount', mount);
  const { archive } = await finished(host, id);
  const { trigger } = await host.manifest<Manifest>(archive ?? '');
  assert.deepEqual([trigger.subject, trigger.matches], ['/proc/mounts', 1]);
  const context = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/context/proc-mounts.log']);
  assert.match(context, /\none-of-two .*\n--- the next line triggered the rig ---\none-of-two /);
});

test('standard input is read with --foreground, and the archive has what came before the match', async (t) => {
  const host = await hostWithLog(t);
  const { code, stderr } = await host.sh(
    `(echo before; echo '${MESSAGE}'; echo after) | rig logs -m '${MESSAGE}' --logfile - --no-journal --foreground --sosreport`,
  );
  assert.equal(code, 0, stderr);
  const [archive = ''] = host.archives();
  const { trigger, sources } = await host.manifest<Manifest & { sources: [Certificate] }>(archive);
  assert.equal(trigger.subject, 'standard input');
  assert.equal(sources[0].coverage, 'no gap');
  // What came behind the message was not examined.
  assert.deepEqual([sources[0].examined[0]?.from, sources[0].examined[0]?.to], [0, 'before\n'.length + MESSAGE.length]);
  const context = await host.must('tar', ['-xOf', archive, '--wildcards', '*/context/*']);
  assert.match(context, /^before\n--- .*\nThis is my test message\n$/);
});

test('standard input that ends without a match ends the rig, which failed', async (t) => {
  const host = await startHost(t);
  const { code, stderr } = await host.sh(
    `printf 'one\\ntwo' | rig logs -m '${MESSAGE}' --logfile - --no-journal --foreground --sosreport`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /standard input ended before the condition was met/);
});

test('the last line of standard input counts without its line end', async (t) => {
  const host = await hostWithLog(t);
  const { code, stderr } = await host.sh(
    `printf 'one\\n${MESSAGE}' | rig logs -m '${MESSAGE}' --logfile - --no-journal --foreground --sosreport`,
  );
  assert.equal(code, 0, stderr);
});

test('a fifo is read from writer to writer', async (t) => {
  const host = await hostWithLog(t);
  await host.must('mkfifo', ['/run/fifo']);
  const id = await armRig(
    host,
    'logs',
    '-m',
    MESSAGE,
    '--count',
    2,
    '--logfile',
    '/run/fifo',
    '--no-journal',
    '--sosreport',
  );
  for (let writer = 1; writer <= 2; writer++) await host.must('sh', ['-c', `echo 'x ${MESSAGE}' > /run/fifo`]);
  const { archive } = await finished(host, id);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.subject, '/run/fifo');
});

for (const [how, rotate] of [
  ['by number', (age: number) => `${FILE}.${age}`],
  ['by date', (age: number) => `/var/log/app.log-2026112${5 - age}`],
] as const)
  test(`what was written and rotated ${how} while rig was stopped is examined once; what was compressed is a gap`, async (t) => {
    const host = await hostWithLog(t);
    // The compressed file of another day is none.
    host.write(`${FILE}.9.gz`, gzipSync(`${'very old\n'.repeat(5)}`));
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--logfile', FILE, '--no-journal', '--sosreport');
    host.append(FILE, '1\n');
    await waitFor('the first line to be examined', async () => (await linesExamined(host, id)) === 1);
    const { pid } = await theRig(host, id);
    await host.kill(pid, 'SIGSTOP');
    await waitFor('rig to be stopped', () => host.process(pid)?.state === 'T');
    host.append(FILE, '2\n');
    await host.must('mv', [FILE, rotate(3)]);
    host.write(FILE, 'not read\n');
    await host.must('mv', [FILE, rotate(2)]);
    host.write(FILE, '3\n');
    await host.must('mv', [FILE, rotate(1)]);
    host.write(FILE, '4\n');
    await host.must('gzip', [rotate(2)]);
    await host.kill(pid, 'SIGCONT');
    await waitFor('all lines to be examined', async () => (await linesExamined(host, id)) >= 4);
    const sources = await theSources(host, id);
    assert.equal(await linesExamined(host, id), 4, JSON.stringify(sources));
    const { gaps } = sources[0] as unknown as { gaps: Gap[] };
    assert.deepEqual(
      gaps.map(({ cause }) => cause),
      [`compressed before it was read: ${rotate(2)}.gz`],
    );
  });
