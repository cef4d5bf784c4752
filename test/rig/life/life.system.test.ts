import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startHost, type TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  hasWarmedUp,
  killDaemon,
  LOG,
  listRigs,
  type Manifest,
  MESSAGE,
  rigProcesses,
  startWatched,
  stateNames,
  theRig,
} from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** Makes the host's gdb one that never ends, and says through a file that it runs. */
function hangGcore(host: TestHost): void {
  host.standIn('gcore', 'touch /run/gcore-runs\nexec sleep 86400');
}

async function triggerHangingRig(host: TestHost, rig: string[], ...more: string[]): Promise<string> {
  hangGcore(host);
  const id = await armRig(host, ...rig, ...more);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('gcore to run', () => host.exists('/run/gcore-runs'));
  return id;
}

test('rig list shows what a rig watches and does, for people and as JSON', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig, '--name', 'web');
  assert.equal(id, 'web');
  const { stdout } = await host.rig('list');
  assert.match(stdout, /^ID .*\nweb +\d+ +\S+ +logs .*This is my test message.* gcore +watching +\d+s\n$/);
  const [row] = await listRigs(host);
  for (const field of ['id', 'pid', 'monitors', 'status', 'created', 'triggered', 'archive'])
    assert.ok(row && field in row, `${field} is in the JSON`);
  assert.deepEqual(row?.monitors, [{ monitor: 'logs', watch: LOG, condition: `"${MESSAGE}"` }]);
  assert.match(String(row?.created), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
});

for (const [spelling, args] of [
  ['ID', ['web']],
  ['-i ID', ['-i', 'web']],
  ['all', ['all']],
  ['-i all', ['-i', 'all']],
  ['--all', ['--all']],
] as const)
  test(`rig destroy ${spelling} ends a rig that watches, and nothing remains`, async (t) => {
    const { host, rig } = await startWatched(t);
    await armRig(host, ...rig, '--name', 'web');
    const { code, stderr } = await host.rig('destroy', ...args);
    assert.equal(code, 0, stderr);
    assert.equal((await finished(host, 'web')).status, 'destroyed');
    assert.deepEqual(await listRigs(host), []);
    await assertNothingLeft(host);
    assert.deepEqual(host.archives(), []);
  });

test('rig destroy of one rig leaves the other, and says which id it does not know', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'one');
  await armRig(host, ...rig, '--name', 'two');
  const { code, stderr } = await host.rig('destroy', 'one', 'three');
  assert.equal(code, 1);
  assert.match(stderr, /three: no such rig/);
  assert.deepEqual(
    (await listRigs(host)).map(({ id }) => id),
    ['two'],
  );
});

test('rig destroy while an action runs ends that too and discards what it made', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await triggerHangingRig(host, rig);
  assert.equal((await theRig(host, id)).status, 'collecting');
  assert.equal((await host.rig('destroy', '--discard', id)).code, 0);
  await assertNothingLeft(host);
  assert.deepEqual(host.processesNamed('sleep'), []);
  assert.deepEqual(host.archives(), []);
});

test('rig destroy while the archive is written does not wait for that, and discards it', async (t) => {
  const { host, rig } = await startWatched(t);
  // What does not compress takes zlib some seconds.
  host.standIn('gcore', 'head -c 150000000 /dev/urandom > "$2.$3"');
  const id = await armRig(host, ...rig, '--min-free', '0');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the archive to be written', () => host.exists(`/var/tmp/rig.${id}/1.part`), { withinMs: 120_000 });
  assert.equal((await host.rig('destroy', '--discard', id)).code, 0);
  assert.equal((await finished(host, id)).archive, null);
  await assertNothingLeft(host);
  assert.deepEqual(host.archives(), []);
});

test('SIGTERM while an action runs keeps what was collected, in an archive marked incomplete', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await triggerHangingRig(host, rig);
  await host.kill((await theRig(host, id)).pid, 'SIGTERM');
  const record = await finished(host, id);
  assert.equal(record.status, 'stopped');
  const manifest = await host.manifest<Manifest>(record.archive ?? '');
  assert.equal(manifest.complete, false);
  assert.equal(manifest.actions[0]?.status, 'ended');
  assert.ok((await host.tarList(record.archive ?? '')).some((name) => name.includes('/context/')));
  assert.doesNotMatch(host.read('/var/log/rig/rig.log'), /lines around the trigger cannot be kept/);
  await assertNothingLeft(host);
});

test('SIGTERM while watching ends the rig in order', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  await host.kill((await theRig(host, id)).pid, 'SIGTERM');
  assert.equal((await finished(host, id)).status, 'stopped');
  await assertNothingLeft(host);
});

test('a hangup, SIGUSR1 and SIGUSR2 do not end a rig, and open no debugger', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  const { pid } = await theRig(host, id);
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) await host.kill(pid, signal);
  assert.equal((await theRig(host, id)).status, 'watching');
  assert.equal((await host.must('ss', ['-tlnH'])).trim(), '', 'nothing listens');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, id)).status, 'finished');
});

test('a rig survives the terminal that it was started from', async (t) => {
  const { host, rig } = await startWatched(t);
  const quoted = rig.map((word) => `'${word}'`).join(' ');
  // script(1) gives it a terminal, which is gone when the command has ended.
  await host.must('script', ['-qec', `rig ${quoted} --name web`, '/dev/null']);
  const { pid } = await theRig(host, 'web');
  assert.equal(host.process(pid)?.session, pid, 'it has a session of its own');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
});

test('a daemon keeps nothing open and nothing in argv: stdio on /dev/null, cwd /, umask 077', async (t) => {
  const { host, rig } = await startWatched(t);
  const { pid } = await theRig(host, await armRig(host, ...rig));
  const links = await host.must('sh', [
    '-c',
    `readlink /proc/${pid}/fd/0 /proc/${pid}/fd/1 /proc/${pid}/fd/2 /proc/${pid}/cwd`,
  ]);
  assert.equal(links, '/dev/null\n/dev/null\n/dev/null\n/\n');
  assert.match(host.read(`/proc/${pid}/status`), /^Umask:\s*0077$/m);
  assert.ok(!host.process(pid)?.args.join(' ').includes(MESSAGE));
  assert.ok(!Object.values(host.environ(pid)).join(' ').includes(MESSAGE));
});

test('what a killed daemon had collected is kept', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('sos', 'touch /run/sos-runs\nexec sleep 86400');
  const id = await armRig(host, ...rig, '--sosreport');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('sos to run', () => host.exists('/run/sos-runs'));
  await killDaemon(host, id);
  const { archive } = await finished(host, id);
  assert.ok(host.list(`${archive}/gcore`).some((name) => name.startsWith('core.myservice')));
});

test('a new rig takes the name of a killed one', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  await killDaemon(host, 'web');
  await armRig(host, ...rig, '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
});

test('of many rigs of one name started at once, one gets it and each other one gets an error', async (t) => {
  const { host, rig } = await startWatched(t);
  const results = await Promise.all(Array.from({ length: 6 }, () => host.rig(...rig, '--name', 'web')));
  assert.deepEqual(results.map(({ code }) => code).sort(), [0, 2, 2, 2, 2, 2]);
  for (const { code, stderr } of results)
    if (code !== 0) assert.match(stderr, /^rig: --name: there is a rig "web" already.*\n$/);
  await host.rig('destroy', 'web');
  await assertNothingLeft(host);
});

test('when the parent is killed while the rig is being armed, nothing remains', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.startJournald();
  host.standIn('journalctl', 'touch /run/arming\nexec sleep 86400');
  const parent = await host.spawn('rig', [
    ...rig.filter((word) => word !== '--no-journal'),
    '--journal-reader',
    'journalctl',
  ]);
  await waitFor('the rig to be arming', () => host.exists('/run/arming'));
  await parent.kill();
  await assertNothingLeft(host);
});

test('a rig that cannot be armed says why and leaves nothing', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.must('sh', ['-c', 'mkdir /var/tmp/rig.web && chown 65534 /var/tmp/rig.web']);
  const { code, stdout, stderr } = await host.rig(...rig, '--name', 'web');
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^rig: \/var\/tmp\/rig\.web is in the way.*\n$/);
  assert.deepEqual(host.list('/var/tmp'), ['rig.web'], 'what is not ours is not touched');
  assert.deepEqual(stateNames(host), []);
  await waitFor('the daemon to be gone', () => rigProcesses(host).length === 0);
});

test('--foreground prints its log, and Ctrl-C ends the rig in order', async (t) => {
  const { host, rig } = await startWatched(t);
  const attached = await host.spawn('rig', [...rig, '--foreground', '--name', 'web']);
  await waitFor('the rig to watch', () => attached.stderr.includes('watches'));
  assert.equal(attached.stdout, 'web\n');
  await attached.signal('SIGINT');
  assert.equal((await attached.closed).code, 130);
  assert.equal((await finished(host, 'web')).status, 'stopped');
  await assertNothingLeft(host);
});

test('--foreground ends with 0 when it has triggered and all went well', async (t) => {
  const { host, rig } = await startWatched(t);
  const attached = await host.spawn('rig', [...rig, '--foreground']);
  await waitFor('the rig to watch', () => attached.stderr.includes('watches'));
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await attached.closed).code, 0);
  await assertNothingLeft(host);
});

test('garbage, silence and a hundred clients on the control socket do not disturb the watch', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  const path = host.outside(`/run/rig/${id}/control.sock`);
  const sent = ['', '\n', 'null\n', '{"command":"explode"}\n', '[[[[\n', `${'x'.repeat(200_000)}`, '\0\xff\n'];
  const clients = Array.from({ length: 100 }, (_, number) => {
    const socket = connect(path);
    socket.on('error', () => {}); // being cut off is what it is there for
    socket.write(sent[number % sent.length] ?? '');
    return socket;
  });
  assert.equal((await theRig(host, id)).status, 'watching');
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, id)).status, 'finished');
  for (const socket of clients) socket.destroy();
});

test('limits of the shell on CPU time and on the size of files do not hold for a rig, or that they do is said', async (t) => {
  const { host, rig } = await startWatched(t);
  const words = rig.map((word) => `'${word}'`).join(' ');
  const { code, stderr } = await host.sh(`ulimit -t 1000; ulimit -f 100000; rig ${words} --name web`);
  assert.equal(code, 0, stderr);
  const { pid } = await theRig(host, 'web');
  // Where the machine that runs the tests may not raise limits (no CAP_SYS_RESOURCE, bit 24), it is said.
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(host.read('/proc/1/status'))?.[1]}`);
  const mayRaise = ((capabilities >> 24n) & 1n) === 1n;
  const limits = host.read(`/proc/${pid}/limits`);
  for (const name of ['Max cpu time', 'Max file size'])
    assert.equal(new RegExp(`^${name} +unlimited +unlimited`, 'm').test(limits), mayRaise, name);
  assert.equal(/^rig: this shell has limits .*: Max cpu time, Max file size$/m.test(stderr), !mayRaise, stderr);
});

test('a rig that cannot write under /run says so in one line, and leaves nothing', async (t) => {
  const host = await startHost(t, { places: { '/run': { size: '64k' } } });
  host.write(LOG, '');
  await host.sh('mkdir -m 700 /run/rig; head -c 1M /dev/zero > /run/fill');
  const { code, stderr } = await host.rig('logs', '-m', MESSAGE, '--no-journal', '--noop');
  assert.equal(code, 1);
  assert.match(stderr, /^rig: \/run\/rig: cannot be written to: ENOSPC\n$/);
  assert.deepEqual(stateNames(host), []);
  await assertNothingLeft(host);
});

test('a rig that hundreds wait for can still be asked and destroyed, and all of them hear of it', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  const path = host.outside(`/run/rig/${id}/control.sock`);
  const [waiting, tooMany] = [192, 108];
  const clients = Array.from({ length: waiting + tooMany }, () => {
    const socket = connect(path);
    socket.on('error', () => {}); // being cut off is what some of them are there for
    socket.write('{"command":"wait"}\n');
    socket.resume();
    return socket;
  });
  // Until it has heard all of them there is no room for anybody else.
  const turnedAway = () => clients.filter(({ closed }) => closed).length;
  await waitFor('those to be turned away that are too many', () => turnedAway() === tooMany);
  const late = host.run('rig', ['wait', id]);
  assert.equal((await theRig(host, id)).status, 'watching');
  assert.equal((await host.rig('destroy', id)).code, 0);
  assert.equal((await late).code, 4);
  for (const socket of clients) socket.destroy();
  await assertNothingLeft(host);
});

test('a log line with control characters never reaches the terminal or splits a line of rig.log', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  host.append(LOG, `\x1b[2J\x07${MESSAGE}\r\x1b]0;owned\x07\n`);
  await finished(host, id);
  const log = host.read('/var/log/rig/rig.log');
  assert.doesNotMatch(log, /[\x00-\x09\x0b-\x1f\x7f]/);
  assert.match(log, /\\x1b\[2J/);
});

test('state, records and logs are for root only', async (t) => {
  const { host, rig } = await startWatched(t);
  // What find(1) comes upon is not to go while it looks.
  await hasWarmedUp(host, await armRig(host, ...rig));
  const open = await host.must('find', [
    '/run/rig',
    '/var/lib/rig',
    '/var/log/rig',
    '/var/tmp',
    '-mindepth',
    '1',
    '-perm',
    '/077',
  ]);
  assert.equal(open, '');
});

test('a work folder that was cleaned away meanwhile is made again, and nothing is lost', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  // Right after arming a rig makes itself quick, in this folder.
  await waitFor('the folder to be empty', async () => (await host.run('rmdir', [`/var/tmp/rig.${id}`])).code === 0);
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.ok((await host.tarList(record.archive ?? '')).some((name) => name.includes('/gcore/core.')));
});

test('an output folder that is gone when the rig triggers is made again, and nothing is lost', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.must('mkdir', ['-m', '755', '/root/out']);
  const id = await armRig(host, ...rig, '--output-dir', '/root/out');
  await waitFor('the folder to be gone', async () => (await host.run('rm', ['-r', '/root/out'])).code === 0);
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.match(record.archive ?? '', /^\/root\/out\/rig-/);
  assert.ok((await host.tarList(record.archive ?? '')).some((name) => name.includes('/gcore/core.')));
});

test('a rig that can write nowhere still ends, with a record that says why', async (t) => {
  const { host, rig } = await startWatched(t);
  const id = await armRig(host, ...rig);
  // It still tries its way: then the file system is busy.
  const remount = () => host.run('mount', ['-o', 'remount,ro', '/var/tmp']);
  await waitFor('nothing to be written there', async () => (await remount()).code === 0);
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'failed');
  assert.match(record.reasons.join(), /EROFS/);
  await waitFor('the daemon to be gone', () => rigProcesses(host).length === 0);
});

test('a journalctl that hangs after the trigger loses the lines around it, and nothing else', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.startJournald();
  await host.journal('from before');
  host.standIn(
    'journalctl',
    'case "$*" in *--reverse*) [ ! -e /run/hang ] || exec sleep 86400 ;; esac\nexec /usr/bin/journalctl "$@"',
  );
  const id = await armRig(host, ...rig.filter((word) => word !== '--no-journal'), '--journal-reader', 'journalctl');
  host.write('/run/hang', '');
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  assert.match(await host.must('tar', ['-xOf', record.archive ?? '', '--wildcards', '*/rig.log']), /lines around/);
  await assertNothingLeft(host);
});

test('a true(1) that hangs, as on a sick disk, keeps no rig from collecting and ending', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('true', 'touch /run/true-runs\nexec sleep 86400');
  const id = await armRig(host, ...rig);
  await waitFor('true to run', () => host.exists('/run/true-runs'));
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  assert.equal(record.status, 'finished', record.reasons.join());
  await assertNothingLeft(host);
  assert.deepEqual(host.processesNamed('sleep'), []);
});

test('an action that leaves a child of its own behind leaves no orphan', async (t) => {
  const { host, rig } = await startWatched(t);
  host.standIn('gcore', 'setsid sleep 86400 >/dev/null 2>&1 </dev/null &\necho core > "$2.$3"');
  const id = await armRig(host, ...rig);
  host.append(LOG, `${MESSAGE}\n`);
  await finished(host, id);
  assert.deepEqual(host.processesNamed('sleep'), []);
});

test('SIGTERM while an action runs, and then rig destroy --discard, discards what was collected', async (t) => {
  const { host, rig } = await startWatched(t);
  // A program that takes its time to end keeps the rig between the two.
  host.standIn('stubborn', "trap '' TERM; touch /run/runs\nwhile :; do sleep 1; done");
  const id = await armRig(host, ...rig, '--exec', 'stubborn');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the program to run', () => host.exists('/run/runs'));
  await host.sh(`kill -TERM ${(await theRig(host, id)).pid}; rig destroy --discard ${id}`);
  await assertNothingLeft(host);
  assert.deepEqual(host.archives(), []);
  assert.equal((await finished(host, id)).status, 'destroyed');
});

test('what is in /run/rig and not of rig is left alone, and hides no rig', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  await host.must('sh', ['-c', 'mkdir -p /run/rig/stray/inner /run/rig/empty; : > /run/rig/file']);
  assert.deepEqual(
    (await listRigs(host)).map(({ id }) => id),
    ['web'],
  );
  assert.match((await host.rig('destroy', 'stray')).stderr, /stray: no such rig/);
  assert.equal((await host.rig(...rig, '--name', 'file')).code, 2);
  assert.deepEqual(stateNames(host), ['empty', 'file', 'stray', 'web']);
});

for (const [what, remove] of [
  ['everything under /run/rig', 'rm -r /run/rig'],
  ['its control socket', 'rm /run/rig/web/control.sock'],
  ['its folder', 'rm -r /run/rig/web'],
] as const)
  test(`a rig that has lost ${what} says so in its log, still collects, and SIGTERM ends it`, async (t) => {
    const { host, rig } = await startWatched(t);
    await armRig(host, ...rig, '--name', 'web', '--restart', '1');
    const { pid } = await theRig(host, 'web');
    // The rig may write there at the same time, and rm then finds the folder not empty.
    await waitFor(`${what} to be gone`, async () => (await host.sh(remove)).code === 0);
    await waitFor('the log to say it', () =>
      host.read('/var/log/rig/rig.log').includes('error /run/rig/web/control.sock was removed'),
    );
    host.append(LOG, `${MESSAGE}\n`);
    await waitFor('the archive', () => host.archives().length === 1);
    await host.kill(pid, 'SIGTERM');
    assert.equal((await finished(host, 'web')).status, 'stopped');
    await assertNothingLeft(host);
  });

test('a rig that has lost its folder and then its name to another one still collects, and leaves that one alone', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web');
  const { pid } = await theRig(host, 'web');
  await host.kill(pid, 'SIGSTOP');
  await host.must('sh', ['-c', 'rm -r /run/rig/web; mkdir -m 700 /var/tmp/other']);
  const other = ['logs', '-m', 'something else', '--no-journal', '--noop', '--output-dir', '/var/tmp/other'];
  await armRig(host, ...other, '--name', 'web');
  await host.kill(pid, 'SIGCONT');
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the archive', () => host.archives().length === 1);
  await waitFor('the daemon to end', () => host.process(pid) === undefined || host.process(pid)?.state === 'Z');
  assert.equal((await theRig(host, 'web')).status, 'watching');
  assert.equal((await host.rig('destroy', 'web')).code, 0);
});

test('a rig that stood still for 5 s says so in its log, and what came meanwhile triggers', async (t) => {
  const { host, rig } = await startWatched(t);
  await armRig(host, ...rig, '--name', 'web', '--restart', '1');
  const { pid } = await theRig(host, 'web');
  await host.kill(pid, 'SIGSTOP');
  // The time itself is what it is about.
  await delay(5500);
  host.append(LOG, `${MESSAGE}\n`);
  await host.kill(pid, 'SIGCONT');
  await waitFor('the log to say it', async () =>
    /error the event loop stood still for /.test((await host.rig('log', 'web')).stdout),
  );
  await waitFor('the archive', () => host.archives().length === 1);
  assert.equal((await host.rig('destroy', 'web')).code, 0);
});

test('many rigs started side by side are all armed, all see one line, and leave nothing', async (t) => {
  const { host } = await startWatched(t);
  const arm = `rig logs -m '${MESSAGE}' --no-journal --noop`;
  const printed = await host.must('bash', ['-c', `seq 12 | xargs -P 8 -I{} ${arm.replaceAll("'", '"')}`], {
    timeoutMs: 60_000,
  });
  const ids = printed.trim().split('\n');
  assert.equal(new Set(ids).size, 12);
  assert.deepEqual(
    (await listRigs(host)).map(({ id }) => id),
    ids.toSorted(),
  );
  host.append(LOG, `${MESSAGE}\n`);
  for (const id of ids) assert.equal((await finished(host, id)).status, 'finished');
  assert.equal(host.archives().length, 12);
  await assertNothingLeft(host);
});

for (const [what, prepare, says] of [
  ['/run/rig that others own', 'mkdir /run/rig; chown 65534 /run/rig', /^rig: \/run\/rig: not a folder that only root/],
  ['/run/rig that others can write to', 'mkdir -m 777 /run/rig', /^rig: \/run\/rig: not a folder that only root/],
  ['/run/rig that is a link', 'ln -s /root /run/rig', /^rig: \/run\/rig: not a folder that only root/],
  [
    'place for records that is a link',
    'mkdir /var/lib/rig; ln -s /root /var/lib/rig/finished',
    /^rig: .*\/finished: not a folder/,
  ],
  ['state folder that is a link', 'mkdir /run/rig; ln -s /root /run/rig/web', /^rig: --name: .*\/web is in the way/],
  ['work folder that is a link', 'ln -s /root /var/tmp/rig.web', /^rig: \/var\/tmp\/rig\.web is in the way/],
  ['folder for logs that is a link', 'ln -s /root /var/log/rig', /^rig: \/var\/log\/rig: not a folder that only root/],
] as const)
  test(`a ${what} is refused in one line, and nothing is written through it`, async (t) => {
    const { host, rig } = await startWatched(t);
    await host.must('sh', ['-c', prepare]);
    const before = host.list('/root');
    const { code, stderr } = await host.rig(...rig, '--name', 'web');
    assert.notEqual(code, 0);
    assert.match(stderr, says);
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.deepEqual(host.list('/root'), before);
    await waitFor('the daemon to be gone', () => rigProcesses(host).length === 0);
  });

test('list and destroy refuse a state folder that others own', async (t) => {
  const { host } = await startWatched(t);
  await host.must('sh', ['-c', 'mkdir /run/rig && chown 65534 /run/rig']);
  for (const args of [['list'], ['destroy', '--all']]) {
    const { code, stderr } = await host.rig(...args);
    assert.equal(code, 1);
    assert.match(stderr, /^rig: \/run\/rig: not a folder that only root can write to.*\n$/);
  }
});

test('a log that cannot be written is said at creation, and the rig watches', async (t) => {
  const { host, rig } = await startWatched(t);
  await host.must('sh', ['-c', 'mkdir -m 700 /var/log/rig; ln -s /root/target /var/log/rig/rig.log']);
  const { stderr } = await host.rig(...rig, '--name', 'web');
  assert.match(stderr, /^rig: \/var\/log\/rig\/rig\.log cannot be written: ELOOP/m);
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
  assert.ok(!host.exists('/root/target'));
});

test('an id that cannot be printed means that there is no rig', async (t) => {
  const { host, rig } = await startWatched(t);
  const { code, stderr } = await host.run('bash', ['-c', `rig "$@" > /dev/full`, 'bash', ...rig]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot be printed: ENOSPC/);
  await assertNothingLeft(host);
});

for (const [what, stopsDaemon, says] of [
  ['a journalctl that hangs while the rig is armed', false, /^rig: journalctl did not answer within 20 s\n$/],
  ['a rig that is not armed within 30 s', true, /^rig: not armed within 30 s\n$/],
] as const)
  test(`${what} is an error, and nothing remains`, async (t) => {
    const { host, rig } = await startWatched(t);
    await host.startJournald();
    host.standIn('journalctl', 'touch /run/arming\nexec sleep 86400');
    const args = [...rig.filter((word) => word !== '--no-journal'), '--journal-reader', 'journalctl'];
    const created = host.run('rig', [...args, '--name', 'slow'], { timeoutMs: 60_000 });
    await waitFor('the rig to be arming', () => host.exists('/run/arming') && host.exists('/run/rig/slow/rig.json'));
    if (stopsDaemon) await host.kill(JSON.parse(host.read('/run/rig/slow/rig.json')).pid, 'SIGSTOP');
    const { code, stderr } = await created;
    assert.equal(code, 1);
    assert.match(stderr, says);
    await assertNothingLeft(host);
    assert.deepEqual(host.list('/var/lib/rig/finished'), []);
  });
