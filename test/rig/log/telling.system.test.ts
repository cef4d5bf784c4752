import assert from 'node:assert/strict';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, killDaemon, MESSAGE, theRig, theSources } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const LOG = '/var/log/messages';

test('a rig logs to the journal that it has triggered and that it has ended, with fields, and that triggers no rig', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.journal('first');
  host.write(LOG, '');
  // Watches for what the rigs log, echo or not.
  const other = await armRig(host, 'logs', '-m', 'triggered', '--no-files', '--echo', '--noop', '--name', 'other');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--noop', '--name', 'web');
  host.append(LOG, `${MESSAGE}\n`);
  const { archive } = await finished(host, id);
  const entries = await waitFor('the entries', async () => {
    const out = await host.must('journalctl', ['-o', 'json', 'RIG_ID=web', '--no-pager', '-q']);
    const found = out.trim().split('\n').filter(Boolean);
    return found.length === 2 ? found.map((line) => JSON.parse(line)) : undefined;
  });
  assert.deepEqual(
    entries.map(({ RIG_EVENT, RIG_STATUS, RIG_ARCHIVE, RIG_TRIGGER_LINE }) => [
      RIG_EVENT,
      RIG_STATUS ?? RIG_TRIGGER_LINE,
      RIG_ARCHIVE,
    ]),
    [
      ['triggered', MESSAGE, undefined],
      ['ended', 'finished', archive],
    ],
  );
  await waitFor('the other rig to have passed over the entry', async () => {
    const condition = (await theSources(host, other)).find(({ source }) => source === 'condition');
    return (condition?.passedOver as Record<string, number> | undefined)?.['logged by rig'] === 1;
  });
  assert.equal((await theRig(host, other)).status, 'watching');
});

test('what a restarting rig logs does not trigger it, in other forms of syslog than the usual ones, too', async (t) => {
  const host = await startHost(t);
  for (const form of ['RSYSLOG_SyslogProtocol23Format', 'plain']) {
    host.write(LOG, '');
    const plain = 'template(name="plain" type="string" string="%programname%: %msg%\\n")';
    const rsyslog = await host.startRsyslog({
      rules: `${plain}\n*.* action(type="omfile" file="${LOG}" template="${form}")`,
    });
    const id = await armRig(host, 'logs', '-m', 'has (triggered|ended)', '--no-journal', '--noop', '--restart', -1);
    await host.rig('trigger', id);
    const logged = await waitFor('the line in the file', () => host.read(LOG).includes(`${id} has triggered: `));
    assert.ok(logged);
    // The first line that may count, and so the second trigger.
    host.append(LOG, 'a job has ended\n');
    await waitFor('it to trigger', async () => ((await theRig(host, id)).triggers as number) > 1);
    const condition = (await theSources(host, id)).find(({ source }) => source === 'condition');
    assert.equal(condition?.matches, 1, form);
    await host.rig('destroy', '--discard', id);
    await rsyslog.stop();
  }
});

test('--notify runs when the rig has ended, knows how, and text of a log is no command', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '');
  host.standIn('tell', 'env | grep ^RIG_ > /run/told.part; echo "$1" >> /run/told.part; mv /run/told.part /run/told');
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--noop', '--notify', "tell 'on call'");
  const line = `${MESSAGE} $(touch /run/owned) \`touch /run/owned\``;
  host.append(LOG, `${line}\n`);
  const { archive } = await finished(host, id);
  const told = (await waitFor('the program to run', () => host.exists('/run/told') && host.read('/run/told'))).split(
    '\n',
  );
  for (const expected of [
    `RIG_ID=${id}`,
    'RIG_STATUS=finished',
    `RIG_ARCHIVE=${archive}`,
    `RIG_TRIGGER_LINE=${line}`,
    'on call',
  ])
    assert.ok(told.includes(expected), expected);
  assert.ok(!host.exists('/run/owned'));
});

test('that a rig was killed is in the journal, and --notify hears of it', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write(LOG, '');
  const notify = `sh -c 'echo "$RIG_ID $RIG_STATUS $RIG_ARCHIVE $RIG_REASONS" > /run/told.part; mv /run/told.part /run/told'`;
  const exec = ['--exec-shell', '--exec', 'echo said; touch /run/runs; sleep 86400'];
  await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', ...exec, '--name', 'web', '--notify', notify);
  host.append(LOG, `${MESSAGE}\n`);
  await waitFor('the action to run', () => host.exists('/run/runs'));
  await killDaemon(host, 'web');
  const { archive } = await finished(host, 'web');
  await waitFor('--notify to run', () => host.exists('/run/told'));
  assert.equal(host.read('/run/told'), `web killed ${archive} the daemon was killed\n`);
  const ended = ['RIG_ID=web', 'RIG_EVENT=ended', 'RIG_STATUS=killed', `RIG_ARCHIVE=${archive}`];
  await waitFor('the entry', async () => (await host.run('journalctl', ['-q', ...ended])).stdout !== '');
  await assertNothingLeft(host);
});

for (const [args, says] of [
  [['--notify', 'no-such-program x'], /^rig: --notify: "no-such-program" is no program on this host\n$/],
  [['--notify', 'echo $HOME'], /^rig: --notify: "\$" means something to a shell.*or name one: sh -c '...'$/m],
] as const)
  test(`${args.join(' ')} is refused in one line, and no rig is left`, async (t) => {
    const host = await startHost(t);
    host.write(LOG, '');
    const { code, stderr } = await host.rig('logs', '-m', MESSAGE, '--no-journal', '--noop', ...args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
    assert.deepEqual(host.exists('/run/rig') ? host.list('/run/rig') : [], []);
  });

test('what is not urgent runs at nice 10 in the idle class of I/O, and with --no-nice like everything else', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '');
  for (const [options, nice, io] of [
    // Of the tests' own, which is 0 as a rule; 19 is the most there is.
    [[], String(Math.min(getPriority() + 10, 19)), 'idle'],
    [['--no-nice'], String(getPriority()), 'none: prio 0'],
  ] as const) {
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--exec', "sh -c 'nice; ionice'", ...options);
    host.append(LOG, `${MESSAGE}\n`);
    const { archive } = await finished(host, id);
    const out = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/1-sh.stdout']);
    assert.equal(out, `${nice}\n${io}\n`);
  }
});
