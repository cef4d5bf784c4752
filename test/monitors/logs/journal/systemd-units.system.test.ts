/** Units of `--journal` on a machine that systemd runs. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../../support/host.ts';
import { bootMachine, type Machine } from '../../../support/machine.ts';
import { finished, type Manifest, theRig } from '../../../support/rigs.ts';

const watched = ['logs', '-m', 'boom', '--no-files', '--noop', '--journal'];
const remarksIn = (stderr: string): string[] => stderr.split('\n').filter((line) => line.startsWith('rig: --journal'));

/** Each says boom when it is started; what is special of it comes first. */
const unitFiles: Record<string, string> = {
  'httpd.service': '[Install]\nAlias=web.service\n',
  'mariadb.service': '[Install]\nAlias=mysql.service mysqld.service\n',
  'app@.service': '',
  'later.service': '',
  'tagged@.service': '[Service]\nLogNamespace=shop\n',
  'shop.service': '[Service]\nLogNamespace=shop\n',
  'filed.service': '[Service]\nStandardOutput=append:/var/log/filed.log\n',
};

async function machineWithUnits(t: TestContext): Promise<Machine> {
  const machine = await bootMachine(t);
  for (const [name, text] of Object.entries(unitFiles))
    machine.write(`/etc/systemd/system/${name}`, `${text}[Service]\nType=oneshot\nExecStart=/bin/echo boom\n`);
  await machine.must('systemctl', ['daemon-reload']);
  await machine.must('systemctl', ['enable', 'httpd']);
  await machine.must('systemctl', ['mask', 'hidden']);
  return machine;
}

/** What is typed, the unit that then says boom, and what creation says. */
const found: Array<[typed: string, started: string, remarks: string[]]> = [
  ['httpd,systemd-logind,systemd-jour*,dbus.socket', 'httpd', []],
  ['web', 'httpd', ['web: web.service is an alias of httpd.service, which is watched instead']],
  ['app@,web', 'web', ['web: web.service is an alias of httpd.service, which is watched instead']],
  ['mysqld', 'mariadb', ['mysqld: mysqld.service is an alias of mariadb.service, which is watched instead']],
  ['app@', 'app@10.0.0.1', []],
  ['app@7.service', 'app@7', []],
  ['shop', 'shop', ['shop: its lines are in the journal namespace shop, which is watched, too']],
  ['tagged@', 'tagged@1', ['tagged@: its lines are in the journal namespace shop, which is watched, too']],
  ['la*', 'later', ['la*: no unit that systemd has loaded fits it yet']],
];

const silent: Array<[typed: string, remark: string]> = [
  ['filed', 'its standard output goes to a file, not to the journal: watch it with --logfile /var/log/filed.log'],
  ['hidden', 'hidden.service is masked: systemd does not start it'],
  [
    'htpd',
    "systemd knows no unit htpd.service; for a user's unit: --journal-match _SYSTEMD_USER_UNIT=htpd.service, for a program: --journal-match SYSLOG_IDENTIFIER=htpd",
  ],
];

test('the units of --journal are found by alias, template and namespace; creation says what can never fire', async (t) => {
  const machine = await machineWithUnits(t);
  for (const [typed, started, remarks] of found) {
    const { code, stdout, stderr } = await machine.rig(...watched, typed);
    assert.deepEqual([code, remarksIn(stderr)], [0, remarks.map((text) => `rig: --journal ${text}`)], stderr);
    await machine.must('systemctl', ['start', started]);
    assert.ok((await finished(machine, stdout.trim())).archive, typed);
  }
  const whole = await machine.rig('logs', '-m', 'boom', '--noop');
  assert.match(whole.stderr, /^rig: journal: not that of shop \(LogNamespace=\), unless a unit of it is named/m);
  for (const [typed, remark] of silent) {
    const { code, stderr } = await machine.rig(...watched, typed);
    assert.deepEqual([code, remarksIn(stderr)], [0, [`rig: --journal ${typed}: ${remark}`]]);
  }
});

test('the journal of a namespace is followed without a gap, before and behind it in number', async (t) => {
  const machine = await machineWithUnits(t);
  await machine.must('systemctl', ['start', 'shop']);
  const { stdout } = await machine.rig('logs', '-m', 'boom', '--noop', '--journal', 'shop,httpd', '--count', '3');
  for (const unit of ['shop', 'httpd', 'shop']) await machine.must('systemctl', ['start', unit]);
  const { archive } = await finished(machine, stdout.trim());
  const { sources } = await machine.manifest<Manifest>(archive ?? '');
  assert.deepEqual([sources[0]?.coverage, sources[0]?.gaps], ['no gap', []]);
});

test('where systemd does not run, nothing is said of units', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const { code, stderr } = await host.rig(...watched, 'nowhere');
  assert.deepEqual([code, remarksIn(stderr)], [0, []], stderr);
});

test('where journald keeps nothing, creation says so, and an option about the journal is an error', async (t) => {
  const host = await startHost(t);
  await host.startJournald({ config: 'Storage=none' });
  const why =
    'there is no journal on this host: journald keeps nothing (Storage=none in /etc/systemd/journald.conf.d/test.conf)';
  const unit = await host.rig(...watched, 'web');
  assert.deepEqual([unit.code, unit.stderr], [2, `rig: --journal: ${why}\n`]);
  const whole = await host.rig('logs', '-m', 'boom', '--noop');
  assert.equal(whole.code, 0);
  assert.ok(whole.stderr.includes(`rig: only files are watched: ${why}\n`), whole.stderr);
});

test('where journald drops what is of low priority, creation says so', async (t) => {
  const host = await startHost(t);
  await host.startJournald({ config: 'MaxLevelStore=err' });
  const { stderr } = await host.rig('logs', '-m', 'boom', '--noop');
  assert.match(
    stderr,
    /journal: journald drops entries of a lower priority than err \(MaxLevelStore= in \S+test\.conf\)/,
  );
});

test('--journal with units narrows everything: no file is watched unless it is named, and creation says so', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write('/var/log/messages', '');
  const { stdout, stderr } = await host.rig('logs', '-m', 'boom', '--noop', '--journal', 'workerd');
  assert.match(stderr, /^rig: --journal: no file is watched; name those that should be with --logfile$/m);
  const named = await host.rig(
    'logs',
    '-m',
    'boom',
    '--noop',
    '--journal',
    'workerd',
    '--logfile',
    '/var/log/messages',
  );
  host.append('/var/log/messages', 'Dec  1 10:00:00 testhost other[7]: boom\n');
  assert.ok((await finished(host, named.stdout.trim())).archive);
  assert.equal((await theRig(host, stdout.trim())).status, 'watching');
});
