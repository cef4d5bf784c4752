import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startHost, type TestHost } from '../support/host.ts';
import { armRig, assertNothingLeft, MESSAGE, startService, stateNames } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';

/** Wrong input, as typed after `rig` in a shell, and what the one line must say. `$PID` is a live process. */
const wrong: [what: string, typed: string, says: RegExp][] = [
  ['an unknown monitor', 'lgos -m x --gcore $PID', /unknown monitor or command "lgos".*did you mean logs\?/],
  ['an unknown subcommand', 'lst', /unknown monitor or command "lst".*did you mean list\?/],
  ['an unknown option', 'logs --mesage x --gcore $PID', /--mesage.*did you mean --message\?/],
  ['an unknown short option', 'logs -m x -Z --gcore $PID', /unknown option -Z/],
  ['a missing value', 'logs --gcore $PID --message', /--message: needs a value/],
  ['an empty value', 'logs --message "" --gcore $PID', /--message: needs a value/],
  ['no message', 'logs --gcore $PID', /--message/],
  ['--count 0', 'logs -m x --count 0 --gcore $PID', /--count: .*at least 1, got "0"/],
  ['--count -1', 'logs -m x --count=-1 --gcore $PID', /--count: .*at least 1, got "-1"/],
  ['--count x', 'logs -m x --count x --gcore $PID', /--count: .*at least 1, got "x"/],
  ['a bad regular expression with -E', 'logs -E -m "a(b" --gcore $PID', /--message: .*a\(b/],
  ['-E with -F', 'logs -E -F -m x --gcore $PID', /--fixed-strings/],
  ['--gcore with no PID', 'logs -m x --gcore $(pidof nothing-like-that)', /--gcore: .*pidof/],
  ['a PID that does not exist', 'logs -m x --gcore 4194303', /--gcore: .*4194303/],
  ['a name with a slash', 'logs -m x --gcore $PID --name a/b', /--name: .*"a\/b"/],
  ['a name with ..', 'logs -m x --gcore $PID --name a..b', /--name: .*"a\.\.b"/],
  [
    'a name over 64 characters',
    `logs -m x --gcore $PID --name ${'a'.repeat(65)}`,
    /--name: at most 64 characters, got 65/,
  ],
  ['a name that means something else', 'logs -m x --gcore $PID --name all', /--name: "all"/],
  ['a duplicate name', 'logs -m x --gcore $PID --name taken', /--name: there is a rig "taken" already/],
  ['no action at all', 'logs -m x', /no action given: .*--gcore, --exec, .*--noop/],
  [
    'an option of an action that is not chosen',
    'logs -m x --gcore-all-pids --sosreport',
    /--gcore-all-pids goes with --gcore/,
  ],
  ['stray words', 'logs -m This is my test message --gcore $PID', /"is" belongs to no option/],
  [
    'a pattern that the shell has expanded',
    'logs -m x --sosreport --logfile /etc/host[ns]*',
    /"\/etc\/hosts" belongs to no option: .*pattern.* needs quotes/,
  ],
  ['a value for a flag', 'logs -m x --sosreport=yes', /--sosreport takes no value/],
  ['an option given twice', 'logs -m x --name a --name b --sosreport', /--name: given more than once/],
  ["grep's option", 'logs --grep x --sosreport', /unknown option --grep: did you mean --message TEXT\?/],
  ["tail's option", 'logs -m x -f /var/log/x --sosreport', /unknown option -f: did you mean --logfile FILE\?/],
  ['a file', 'logs -m x --file=/var/log/x --sosreport', /unknown option --file: did you mean --logfile FILE\?/],
  [
    "journalctl's option",
    'logs -m x -t sshd --sosreport',
    /unknown option -t: did you mean --journal-match SYSLOG_IDENTIFIER=NAME\?/,
  ],
  ['a bad duration', 'logs -m x --sosreport --action-timeout 5parsecs', /--action-timeout: .*"5parsecs"/],
  ['a missing log folder', 'logs -m x --logfile /nowhere/at/all.log --sosreport', /\/nowhere\/at/],
  ['a folder as log file', 'logs -m x --logfile /var/log --sosreport', /\/var\/log.*folder|directory/],
  ['a device as log file', 'logs -m x --logfile /dev/zero --sosreport', /\/dev\/zero/],
  [
    "the kernel's messages",
    'logs -m x --sosreport --logfile /proc/kmsg',
    /kmsg: reading it takes .*--journal-match _TRANSPORT=kernel/,
  ],
  [
    'a file that can only be written to',
    'logs -m x --sosreport --logfile /proc/self/clear_refs',
    /can only be written to/,
  ],
  ['standard input of a rig that detaches', 'logs -m x --logfile - --sosreport', /--logfile -: .*--foreground/],
  ['nothing left to watch', 'logs -m x --no-files --no-journal --sosreport', /--no-files|nothing/],
  ['destroy without an id', 'destroy', /which rig/],
  ['logs where log was meant', 'logs taken', /did you mean rig log taken\?/],
  ['logs -f where log -f was meant', 'logs -f taken', /did you mean rig log -f taken\?/],
  ['destroy with an id and --all', 'destroy web --all', /not both/],
  ['list with an argument', 'list web', /list takes no arguments/],
  ['a node option', '--inspect', /unknown option --inspect/],
  ['a script for node', '-e 1', /unknown option -e/],
  ['the daemon without its starter', '--daemon', /--daemon is how rig starts itself/],
];

let host: TestHost;
before(async (t) => {
  host = await startHost(t as Parameters<typeof startHost>[0]);
  host.write('/var/log/messages', '');
  await startService(host);
  await armRig(host, 'logs', '-m', MESSAGE, '--sosreport', '--name', 'taken');
});
after(() => host.close());

for (const [what, typed, says] of wrong)
  test(`${what} is one clear line and exit code 2`, async () => {
    const { code, stdout, stderr } = await host.sh(`PID=$(pidof myservice); rig ${typed}`);
    assert.match(stderr, says);
    assert.match(stderr, /^rig: [^\n]+\n$/, 'one line');
    assert.equal(stdout, '');
    assert.equal(code, 2);
    assert.deepEqual(stateNames(host), ['taken'], 'nothing was started');
  });

test('an unprivileged user is told that rig runs as root, and can read the help and the version', async () => {
  const asNobody = (...args: string[]) =>
    host.run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'rig', ...args]);
  const { code, stderr } = await asNobody('list');
  assert.equal(code, 2);
  assert.equal(stderr, 'rig: rig runs as root only; try sudo\n');
  for (const args of [['--help'], ['--version'], ['logs', '--help']]) assert.equal((await asNobody(...args)).code, 0);
});

test('every command has help that names its options', async () => {
  for (const command of ['logs', 'list', 'info', 'log', 'wait', 'trigger', 'stop', 'destroy']) {
    const { code, stdout } = await host.rig(command, '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Usage: rig ${command}`));
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      `${command}: lines fit a terminal`,
    );
  }
});

test('several PIDs, unquoted, and options after them belong where they should', async () => {
  await startService(host);
  const areBothThere = async () => (await host.must('pidof', ['myservice'])).trim().split(' ').length === 2;
  await waitFor('both services to be found', areBothThere);
  const { code, stdout, stderr } = await host.sh(`rig logs --gcore $(pidof myservice) --message "${MESSAGE}"`);
  assert.equal(code, 0, stderr);
  const state = JSON.parse(host.read(`/run/rig/${stdout.trim()}/rig.json`));
  const pids = (await host.must('pidof', ['myservice'])).trim().split(' ');
  for (const pid of pids) assert.ok(JSON.stringify(state.spec.actions).includes(pid));
  assert.equal(pids.length, 2);
  await host.rig('destroy', '--all');
  await assertNothingLeft(host);
});

for (const option of ['--exec ./look', '--logfile app.log --noop', '--noop --output-dir out'])
  test(`a relative path in a folder that was removed is an error in one line: ${option}`, async () => {
    const { code, stderr } = await host.sh(
      `mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; rig logs -m x --no-journal ${option}`,
    );
    assert.notEqual(code, 0);
    assert.match(stderr, /^rig: [^\n]+\n$/);
    assert.doesNotMatch(stderr, /unexpected/);
  });

test('without /proc every command says so in one line, and none says that there are no rigs', async () => {
  await host.rig('destroy', '--all');
  const id = await armRig(host, 'logs', '-m', 'x', '--no-journal', '--logfile', '/etc/hostname', '--noop');
  for (const command of [
    'list',
    'info',
    'wait',
    'stop',
    'destroy',
    'trigger',
    'logs -m x --no-journal --noop --name other',
  ]) {
    const args = command.startsWith('l') ? command : `${command} ${id}`;
    // Covered and not unmounted: below the /proc of a test host lies that of the machine outside, with other processes.
    const { code, stdout, stderr } = await host.sh(`unshare -m sh -c 'mount -t tmpfs none /proc; exec rig ${args}'`);
    assert.deepEqual([code, stdout], [1, ''], command);
    assert.match(stderr, /^rig: .*\/proc is not mounted[^\n]*\n$/, command);
  }
  assert.equal((await host.rig('destroy', id)).code, 0);
});
