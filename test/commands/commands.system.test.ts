import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { startHost, type TestHost } from '../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  killDaemon,
  listRigs,
  type Manifest,
  MESSAGE,
  rigProcesses,
  startService,
  theRig,
} from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

const LOG = '/var/log/messages';
const rig = ['logs', '-m', MESSAGE, '--no-journal', '--noop'];

let host: TestHost;
const cleanUps: (() => unknown)[] = [];
before(async () => {
  host = await startHost({ after: (step: () => unknown) => cleanUps.push(step) } as unknown as Parameters<
    typeof startHost
  >[0]);
});
after(async () => {
  for (const step of cleanUps.reverse()) await step();
});
beforeEach(async () => {
  host.write(LOG, '');
  await host.must('sh', ['-c', 'rig destroy --all --force --discard; rm -rf /var/lib/rig/finished/* /var/tmp/rig-*']);
});

const fire = (): void => host.append(LOG, `${MESSAGE}\n`);

/** What a command prints on a terminal of so many columns, without colours. */
async function onTerminal(command: string, columns: number): Promise<string> {
  const { stdout } = await host.sh(`NO_COLOR=1 COLUMNS=${columns} script --quiet --command '${command}' /dev/null`);
  return stdout.replaceAll('\r', '');
}

test('rig list fits COLUMNS on a terminal, never cuts an id, and makes control characters visible', async () => {
  const id = await armRig(
    host,
    ...rig,
    '--name',
    'a-name-that-is-rather-long',
    '--exclude',
    `\x1b[2J${'x'.repeat(200)}`,
  );
  const stdout = await onTerminal('rig list', 80);
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  assert.ok(stdout.includes(id));
  assert.doesNotMatch(stdout, /\x1b\[2J/, 'none of the control characters of the log');
  assert.match((await host.sh('COLUMNS=80 rig list')).stdout, /\\u001b\[2Jx{200}/, 'in a pipe nothing is cut');
});

test('on a narrow terminal rig list leaves columns out, and never the id', async () => {
  const id = await armRig(host, ...rig, '--name', 'web-server-1');
  for (const columns of [30, 40, 60]) {
    const stdout = await onTerminal('rig list', columns);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= columns),
      stdout,
    );
    assert.match(stdout, new RegExp(`^${id} .*watching`, 'm'));
  }
});

test('rig list --all shows how a rig ended and where its archive is', async () => {
  await armRig(host, ...rig, '--name', 'web');
  fire();
  const { archive } = await finished(host, 'web');
  assert.match((await host.rig('list', '--all')).stdout, new RegExp(`^web .* finished .*${archive}`, 'm'));
  const rows = JSON.parse((await host.rig('list', '--all', '--json')).stdout);
  assert.equal(rows[0].archive, archive);
  assert.equal(rows[0].status, 'finished');
});

test('a rig that is stopped is shown as unknown, and the others are unaffected', async () => {
  await armRig(host, ...rig, '--name', 'stopped');
  await armRig(host, ...rig, '--name', 'well');
  const { pid } = await theRig(host, 'stopped');
  await host.kill(pid, 'SIGSTOP');
  await waitFor('rig to be stopped', () => host.process(pid)?.state === 'T');
  const statuses = async () => (await listRigs(host)).map((row) => `${row.id}: ${row.status}`).sort();
  await waitFor('both to be shown as they are', async () =>
    isDeepStrictEqual(await statuses(), ['stopped: unknown', 'well: watching']),
  );
  assert.match((await host.rig('info', 'stopped')).stderr, /does not answer within 1 s: it is stopped \(SIGSTOP\?\)/);
  await host.kill(pid, 'SIGCONT');
});

test('rig info tells everything, and its command line can be pasted back', async () => {
  const id = await armRig(host, ...rig, '--name', 'web', '--exclude', "it's $HOME; `x`\x07");
  const info = JSON.parse((await host.rig('info', 'web', '--json')).stdout);
  for (const field of ['id', 'pid', 'monitors', 'status', 'created', 'triggered', 'archive', 'gaps'])
    assert.ok(field in info, field);
  assert.equal(info.sources[0].source, LOG);
  assert.equal(info.spec.restart.times, 0);
  const words = await host.must('bash', ['-c', `rig() { printf '%s\\0' "$@"; }; ${info.commandLine}`]);
  assert.deepEqual(words.split('\0').slice(0, -1), info.spec.commandLine);
  assert.match((await host.rig('info', 'web')).stdout, /private memory/);
  assert.match((await host.rig('info', id.slice(0, 2))).stdout, /^id +web$/m, 'a prefix is enough');
});

test('rig info says what each action would leave now, and how large', async () => {
  const service = await startService(host);
  const id = await armRig(host, ...rig, '--gcore', service.pid, '--gcore', 'no-such-name', '--exec', 'true');
  const produces = async () => JSON.parse((await host.rig('info', id, '--json')).stdout).produces;
  const { gcore, exec, noop } = await produces();
  assert.match(
    gcore,
    new RegExp(`^core\\.myservice\\.${service.pid} \\(about \\d+ KiB\\), core\\.no-such-name\\.PID, as`),
  );
  assert.match(exec, /^1-true\.stdout/);
  assert.equal(noop, 'nothing');
  await service.kill();
  assert.match((await produces()).gcore, /^nothing: process myservice \(\d+\) has exited/);
});

test('how far a stopped rig had got is known', async () => {
  const id = await armRig(host, ...rig, '--restart', 5, '--cooldown', '1h', '--max-per-hour', 3);
  fire();
  await waitFor('the archive', () => host.read('/var/log/rig/rig.log').includes(` ${id} info trigger 1: /`));
  const before = await theRig(host, id);
  assert.ok(typeof before.archive === 'string');
  assert.deepEqual([before.triggers, before.restartsLeft, before.triggersInHour], [1, 4, 1]);
  assert.ok(typeof before.cooldownEnds === 'string');
  await host.kill(before.pid, 'SIGSTOP');
  const { code, stdout } = await host.rig('info', id, '--json');
  const stopped = JSON.parse(stdout);
  assert.equal(code, 1);
  for (const field of ['triggers', 'restartsLeft', 'triggered', 'archive', 'triggersInHour'])
    assert.deepEqual(stopped[field], before[field], field);
  await host.kill(before.pid, 'SIGCONT');
});

test('rig info of a rig that has ended shows its record', async () => {
  await armRig(host, ...rig, '--name', 'web');
  fire();
  const { archive } = await finished(host, 'web');
  const { code, stdout } = await host.rig('info', 'web', '--json');
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).archive, archive);
});

test('rig trigger fires now, and the manifest says by whom', async () => {
  await armRig(host, ...rig, '--name', 'web');
  assert.equal((await host.rig('trigger', 'web')).code, 0);
  const { archive, status } = await finished(host, 'web');
  assert.equal(status, 'finished');
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.subject, 'rig trigger');
  const again = await host.rig('trigger', 'web');
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^rig: web: it has ended already.*\n$/);
});

test('rig wait prints the archive when the rig has ended, and its exit code says how', async () => {
  await armRig(host, ...rig, '--name', 'good');
  const waiting = host.rig('wait', 'good');
  fire();
  const { archive } = await finished(host, 'good');
  const { code, stdout } = await waiting;
  assert.deepEqual([code, stdout], [0, `${archive}\n`]);
  assert.equal((await host.rig('wait', 'good')).stdout, `${archive}\n`, 'also when it has ended before');

  await armRig(host, ...rig, '--name', 'late', '--expires', '200ms');
  assert.equal((await host.rig('wait', 'late')).code, 3);
  await armRig(host, ...rig, '--name', 'gone');
  const [destroyed] = await Promise.all([host.rig('wait', 'gone'), host.rig('destroy', 'gone')]);
  assert.equal(destroyed.code, 4);
  await armRig(host, ...rig, '--exec', 'false', '--name', 'bad');
  assert.equal((await host.rig('wait', 'bad', '--timeout', '100ms')).code, 124);
  fire();
  assert.equal((await host.rig('wait', 'bad')).code, 1);
});

test('rig wait does not hang when the daemon is killed', async () => {
  await armRig(host, ...rig, '--name', 'web');
  const waiting = host.rig('wait', 'web');
  await killDaemon(host, 'web');
  assert.equal((await waiting).code, 1);
});

test("rig log shows that rig's lines, and with -f goes on until it has ended", async () => {
  await armRig(host, ...rig, '--name', 'web');
  await armRig(host, ...rig, '--name', 'other', '--exclude', MESSAGE);
  const following = host.rig('log', '-f', 'web');
  fire();
  await finished(host, 'web');
  const { code, stdout } = await following;
  assert.equal(code, 0);
  assert.match(stdout, / web info triggered by .*\n(.*\n)* *.* web info finished/);
  assert.doesNotMatch(stdout, / other /);
  assert.doesNotMatch((await host.rig('log', 'web')).stdout, / other /);
});

test('rig list --watch and rig log -f end when nobody reads them any more', async () => {
  await armRig(host, ...rig, '--name', 'web', '--restart', '-1');
  await host.must('bash', ['-c', 'rig list --watch | head -1']);
  let hasEnded = false;
  const following = host.run('bash', ['-c', 'rig log -f web | head -2']).finally(() => {
    hasEnded = true;
  });
  await waitFor('the second line', () => {
    fire();
    return hasEnded;
  });
  assert.match((await following).stdout, / web .*\n.* web /);
  assert.deepEqual(
    host.processes().filter(({ args }) => args.includes('--watch') || args.includes('-f')),
    [],
  );
});

test('rig destroy takes patterns and prefixes, tells of each id that fits none or several, and ends the others', async () => {
  for (const name of ['web-1', 'web-2', 'db-1', 'db-22']) await armRig(host, ...rig, '--name', name);
  const names = async () => (await listRigs(host)).map(({ id }) => id);
  const all = await host.rig('destroy', 'web-*');
  assert.equal(all.code, 0);
  assert.deepEqual(all.stdout.split('\n').sort(), ['', 'web-1: destroyed', 'web-2: destroyed']);
  assert.deepEqual(await names(), ['db-1', 'db-22']);
  const ambiguous = await host.rig('destroy', 'db');
  assert.equal(ambiguous.code, 1);
  assert.match(ambiguous.stderr, /db-1.*db-22/);
  assert.deepEqual(await names(), ['db-1', 'db-22'], 'nothing is guessed');
  const some = await host.rig('destroy', 'nothing-*', 'db-2');
  assert.equal(some.code, 1);
  assert.match(some.stderr, /nothing-\*/);
  assert.equal(some.stdout, 'db-22: destroyed\n');
  assert.deepEqual(await names(), ['db-1']);
});

test('rig destroy says of a rig that hangs how to end it, and --force ends it with all that it has started', async () => {
  host.standIn('hang', 'touch /run/hangs\nexec sleep 86400');
  await armRig(host, ...rig, '--exec', 'hang', '--name', 'web');
  fire();
  await waitFor('the program to run', () => host.exists('/run/hangs'));
  const { pid } = await theRig(host, 'web');
  await host.kill(pid, 'SIGSTOP');
  await waitFor('rig to be stopped', () => host.process(pid)?.state === 'T');
  const refused = await host.rig('destroy', 'web');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /does not answer within 5 s.*--force/);
  const { code, stderr } = await host.rig('destroy', '--force', 'web');
  assert.equal(code, 0, stderr);
  await assertNothingLeft(host);
  assert.deepEqual(host.processesNamed('sleep'), []);
  assert.equal((await finished(host, 'web')).status, 'destroyed');
});

test('a rig of another version is listed and ended, and rig info says what it cannot tell', async () => {
  await armRig(host, ...rig, '--name', 'old');
  const path = '/run/rig/old/rig.json';
  const state = JSON.parse(host.read(path));
  // Whole or not at all: the rig looks at it now and then.
  host.write('/run/rig.json', JSON.stringify({ ...state, version: 1, spec: { surprise: true } }));
  await host.must('mv', ['/run/rig.json', path]);
  assert.deepEqual(
    (await listRigs(host)).map(({ id, pid, status }) => ({ id, pid, status })),
    [{ id: 'old', pid: state.pid, status: 'unknown' }],
  );
  const info = await host.rig('info', 'old');
  assert.equal(info.code, 1);
  assert.match(info.stderr, /a rig of another version/);
  const { code, stderr } = await host.rig('destroy', 'old');
  assert.equal(code, 0, stderr);
  await waitFor('the rig to be gone', () => rigProcesses(host).length === 0);
  assert.deepEqual(await listRigs(host), []);
});

test('--exec runs programs in order, with the trigger in their environment, and keeps what they say and write', async () => {
  const id = await armRig(
    host,
    ...['logs', '-m', 'disk (sd[a-z]) failed', '--no-journal'],
    ...['--exec', "sh -c 'env | grep ^RIG_; echo told >&2; echo mine > file'", '--exec', 'sh -c "exit 3"'],
  );
  const line = 'disk sdb failed $(touch /run/owned) "quoted" `touch /run/owned`';
  host.append(LOG, `${line}\n`);
  const { archive, status, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.match(reasons.join(), /2-sh ended with exit code 3/);
  const read = (name: string) => host.must('tar', ['-xOf', archive ?? '', '--wildcards', `*/exec/${name}`]);
  const environment = (await read('1-sh.stdout')).split('\n');
  for (const expected of [`RIG_ID=${id}`, `RIG_LINE=${line}`, `RIG_SOURCE=${LOG}`, 'RIG_MATCH_1=sdb'])
    assert.ok(environment.includes(expected), expected);
  assert.equal(await read('1-sh.stderr'), 'told\n');
  assert.equal(await read('1-sh.exit'), '0\n');
  assert.equal(await read('2-sh.exit'), '3\n');
  assert.equal(await read('file'), 'mine\n');
  assert.ok(!host.exists('/run/owned'), 'log text is no command');
});

test('--exec: one that hangs is ended when its time is up, and the next ones still run', async () => {
  const id = await armRig(
    host,
    ...['logs', '-m', MESSAGE, '--no-journal', '--action-timeout', '2s'],
    ...[
      '--exec',
      'sleep 86400',
      '--exec',
      'sleep 86401',
      '--exec',
      `printf '%s|' a\\ b 'c  d' "e'f" ''`,
      '--exec',
      'pwd',
    ],
  );
  fire();
  const { archive, status, reasons } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.match(reasons.join(), /1-sleep was not done within 2 s; 2-sleep was not done within 2 s$/);
  const read = (name: string) => host.must('tar', ['-xOf', archive ?? '', '--wildcards', `*/exec/${name}`]);
  assert.equal(await read('3-printf.stdout'), "a b|c  d|e'f||", 'words are split as a shell does it');
  assert.equal(await read('4-pwd.stdout'), `/var/tmp/rig.${id}/1/exec\n`);
  assert.deepEqual(host.processesNamed('sleep'), []);
});

for (const [what, args, says] of [
  [
    'a program that is not there',
    ['--exec', 'no-such-program'],
    /^rig: --exec: "no-such-program" is no program on this host\n$/,
  ],
  [
    'what only a shell can do',
    ['--exec', 'cat < /etc/passwd'],
    /^rig: --exec: "<" means something to a shell.*--exec-shell\n$/,
  ],
  ['an open quote', ['--exec', "echo 'a"], /^rig: --exec: a ' is not closed/],
  ['a syntax error', ['--exec-shell', '--exec', 'if true'], /^rig: --exec: .*[Ss]yntax error/],
  ['--exec-shell alone', ['--exec-shell', '--noop'], /^rig: --exec-shell goes with --exec/],
] as const)
  test(`--exec refuses ${what} in one line, and no rig is left`, async () => {
    const { code, stderr } = await host.rig('logs', '-m', MESSAGE, '--no-journal', ...args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
    assert.deepEqual(await listRigs(host), []);
  });

test('--exec-shell has a shell do it', async () => {
  const id = await armRig(
    host,
    'logs',
    '-m',
    MESSAGE,
    '--no-journal',
    '--exec-shell',
    '--exec',
    'echo "$RIG_LINE" | tr a-z A-Z > up',
  );
  fire();
  const { archive } = await finished(host, id);
  assert.equal(
    await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/up']),
    `${MESSAGE.toUpperCase()}\n`,
  );
});
