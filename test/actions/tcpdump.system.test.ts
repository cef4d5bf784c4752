import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startHost, type TestHost } from '../support/host.ts';
import { armRig, assertNothingLeft, finished, type Manifest, theSources } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

/** A host whose loopback is up: packets go there and nowhere else. */
async function startNetworkHost(t: TestContext): Promise<TestHost> {
  const host = await startHost(t);
  await host.must('ip', ['link', 'set', 'lo', 'up']);
  host.write('/var/log/app.log', '');
  return host;
}

const whichTcpdump = async (host: TestHost) => (await host.must('which', ['tcpdump'])).trim();

const watching = ['logs', '-m', 'trigger', '--logfile', '/var/log/app.log', '--no-journal', '--tcpdump'];

/** Sends one UDP packet that says something, to a port that nobody listens on. */
const send = (host: TestHost, text: string, port = 9999) =>
  host.must('bash', ['-c', `printf '%s' '${text}' > /dev/udp/127.0.0.1/${port}`]);

/** What the packets of an archive say, in order. */
async function packetsOf(host: TestHost, archive: string): Promise<string> {
  const root = await host.tarExtract(archive);
  const folder = `${root}/${archive.split('/').at(-1)?.replace('.tar.gz', '')}/tcpdump`;
  return await host.must('sh', [
    '-c',
    `for file in $(ls ${folder}/packets-*.pcap | sort -V); do tcpdump -A -n -r $file udp 2>/dev/null; done`,
  ]);
}

const textsIn = (packets: string): string[] => [...new Set(packets.match(/text-\d+/g) ?? [])];

test('the packets before and after the trigger are in the archive', async (t) => {
  const host = await startNetworkHost(t);
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo', '--tcpdump-post', '3s');
  for (let number = 1; number <= 5; number++) await send(host, `text-${number}`);
  host.append('/var/log/app.log', 'trigger\n');
  await send(host, 'text-6');
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.deepEqual(
    textsIn(await packetsOf(host, record.archive ?? '')),
    [1, 2, 3, 4, 5, 6].map((number) => `text-${number}`),
  );
  const { actions } = await host.manifest<Manifest>(record.archive ?? '');
  assert.equal(actions[0]?.details.droppedByKernel, 0, 'what was dropped is said');
  await assertNothingLeft(host);
});

test('the filter is that of tcpdump, and the ring keeps the newest packets', async (t) => {
  const host = await startNetworkHost(t);
  const ring = ['--tcpdump-size', '1M', '--tcpdump-files', 2, '--tcpdump-filter', 'udp port 9999'];
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo', ...ring);
  await send(host, 'text-1');
  await send(host, 'text-2', 8888);
  const flood =
    'for i in $(seq 60); do dd if=/dev/zero bs=60000 count=1 > /dev/udp/127.0.0.1/9999; done 2>/dev/null; true';
  await host.must('bash', ['-c', flood]);
  await send(host, 'text-3');
  host.append('/var/log/app.log', 'trigger\n');
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.deepEqual(textsIn(await packetsOf(host, record.archive ?? '')), ['text-3']);
  const { actions } = await host.manifest<Manifest>(record.archive ?? '');
  const bytes = actions[0]?.files.reduce((sum, { size }) => sum + size, 0) ?? 0;
  assert.ok(bytes < 3e6, `the ring is bounded: ${bytes}`);
});

test('each trigger of a rig that restarts has the packets before it', async (t) => {
  const host = await startNetworkHost(t);
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo', '--restart', 1);
  await send(host, 'text-1');
  host.append('/var/log/app.log', 'trigger\n');
  await waitFor(
    'the first archive',
    async () => JSON.parse(await host.must('rig', ['info', id, '--json'])).archives.length === 1,
  );
  await send(host, 'text-2');
  host.append('/var/log/app.log', 'trigger\n');
  const { archives } = await finished(host, id);
  const [first = '', second = ''] = archives as string[];
  assert.deepEqual(textsIn(await packetsOf(host, first)), ['text-1']);
  assert.deepEqual(textsIn(await packetsOf(host, second)), ['text-1', 'text-2']);
});

test('a tcpdump that dies is started again, and the gap is said', async (t) => {
  const host = await startNetworkHost(t);
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo');
  await send(host, 'text-1');
  const [tcpdump] = host.processesNamed('tcpdump');
  assert.ok(tcpdump);
  await host.kill(tcpdump.pid, 'SIGKILL');
  await waitFor('another one', () => host.processesNamed('tcpdump').some(({ pid }) => pid !== tcpdump.pid));
  await waitFor('the gap to be told', async () =>
    JSON.stringify(JSON.parse(await host.must('rig', ['info', id, '--json'])).gaps).includes('tcpdump'),
  );
  await waitFor('it to be asked', async () => JSON.stringify(await theSources(host, id)).includes('tcpdump on lo'));
  await host.rig('destroy', id);
  await assertNothingLeft(host);
});

test('the packets before tcpdump ended are kept, however often it cannot be started again', async (t) => {
  const host = await startNetworkHost(t);
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo');
  await send(host, 'text-1');
  await waitFor('the packet to be written', async () =>
    (await host.sh('cat /var/tmp/rig.*/recording/tcpdump/1/*')).stdout.includes('text-1'),
  );
  host.standIn('fails', 'exit 1');
  const [tcpdump] = host.processesNamed('tcpdump');
  await host.must('mount', ['--bind', '/usr/local/bin/fails', await whichTcpdump(host)]);
  await host.kill(tcpdump?.pid ?? 0, 'SIGKILL');
  await waitFor('three starts that fail', async () => {
    const { gaps } = JSON.parse(await host.must('rig', ['info', id, '--json'])) as { gaps: { times: number }[] };
    return gaps.some(({ times }) => times >= 3);
  });
  await host.must('umount', [await whichTcpdump(host)]);
  host.append('/var/log/app.log', 'trigger\n');
  const record = await finished(host, id);
  assert.deepEqual(textsIn(await packetsOf(host, record.archive ?? '')), ['text-1']);
});

test('a rig whose tcpdump does not begin ends at once when it is ended, and leaves nothing', async (t) => {
  const host = await startNetworkHost(t);
  host.standIn('tcpdump', 'case "$*" in *" -d "*) exit 0;; esac; touch /tmp/started; exec sleep 1000');
  const args = [...watching, '--tcpdump-iface', 'lo', '--foreground'];
  const rig = await host.spawn('/usr/local/bin/rig', args);
  await waitFor('tcpdump to be started', () => host.exists('/tmp/started'));
  await rig.stop('SIGINT');
  assert.doesNotMatch(rig.stderr, /gap/);
  assert.match(rig.stderr, /ended by SIGINT before it was armed/);
  await assertNothingLeft(host);
});

test('packets that cannot be copied are a failure', async (t) => {
  const host = await startNetworkHost(t);
  host.standIn(
    'tcpdump',
    'case "$*" in "-r "*) echo "tcpdump: No space left on device" >&2; exit 1;; esac; exec /usr/bin/tcpdump "$@"',
  );
  const id = await armRig(host, ...watching, '--tcpdump-iface', 'lo');
  host.append('/var/log/app.log', 'trigger\n');
  const { status, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.match(reasons.join(), /the packets cannot be copied: tcpdump: No space left on device/);
});

test('the interface is that of the default route unless one is named', async (t) => {
  const host = await startNetworkHost(t);
  const { code, stderr } = await host.rig(...watching);
  assert.equal(code, 2);
  assert.match(stderr, /--tcpdump: there is no default route on this host: name an interface with --tcpdump-iface/);
  await host.sh('ip link add rig0 type bridge && ip addr add 10.99.0.1/24 dev rig0 && ip link set rig0 up');
  await host.must('ip', ['route', 'add', 'default', 'dev', 'rig0']);
  const id = await armRig(host, ...watching);
  assert.match(JSON.stringify(await theSources(host, id)), /tcpdump on rig0/);
  await host.rig('destroy', id);
  await assertNothingLeft(host);
});

for (const [what, args, says] of [
  ['a bad filter', ['--tcpdump-iface', 'lo', '--tcpdump-filter', 'nonsense here'], /--tcpdump: .*syntax error|parse/],
  ['an interface that is not there', ['--tcpdump-iface', 'nope0'], /--tcpdump: nope0: No such device/],
] as const)
  test(`${what} is an error at creation, in tcpdump's own words`, async (t) => {
    const host = await startNetworkHost(t);
    const { code, stderr } = await host.rig(...watching, ...args);
    assert.match(stderr, says);
    assert.match(stderr, /^rig: [^\n]+\n$/);
    assert.equal(code, 2);
    assert.deepEqual(host.list('/run/rig'), []);
  });
