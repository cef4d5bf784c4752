/**
 * Runs every command of README.md and docs/ on one test host, in which what the pages name is real: process 4711, the services, the
 * log files, eth0.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Result } from '../support/enclosure.ts';
import { startHost, type TestHost } from '../support/host.ts';
import { startService, stateNames } from '../support/rigs.ts';
import { waitFor } from '../support/wait.ts';
import { type Command, findCommands, findInlineCommands, findSessions, pages } from './pages.ts';

/** What the pages describe and rig cannot do yet. An entry that is no longer needed fails the test: remove it then. */
const PENDING: string[] = [];

/** Typed where rig is built, and not on the host that it watches. */
const isTypedElsewhere = ({ text }: Command): boolean => /^(npm|scp) /.test(text);

/** Goes on until Ctrl-C. */
const isEndless = ({ code }: Command): boolean => code === 130;

const script = (content: string): string => `#!/bin/sh\n${content}\n`;

/** Makes everything real that the pages name. */
async function furnish(host: TestHost): Promise<void> {
  await host.startJournald({ persistent: true });
  await host.startRsyslog();
  for (const path of ['/var/log/app.log', '/var/log/app/web.log'])
    host.write(path, '22:41:07 started\n22:46:12 accepting connections\n');
  for (const path of ['/root/look.sh', '/root/mail.sh']) host.write(path, script('exit 0'));
  host.write('/usr/local/bin/kubectl', script('echo boom'));
  await host.must('chmod', ['755', '/root/look.sh', '/root/mail.sh', '/usr/local/bin/kubectl']);
  await host.must('mkdir', ['-p', '/srv/evidence']);
  for (const name of ['myservice', 'mysqld', 'nginx']) await startService(host, name);
  // The next process in this PID namespace gets the number after this one: proc_sys_kernel(5).
  await host.must('sh', ['-c', 'echo 4710 >/proc/sys/kernel/ns_last_pid; setsid sleep 86400 >/dev/null 2>&1 &']);
  await waitFor('process 4711', () => host.process(4711)?.comm === 'sleep');
  await host.must('sh', [
    '-c',
    'ip link add eth0 type bridge && ip link set eth0 up && ip addr add 192.0.2.1/24 dev eth0 && ip route add default dev eth0',
  ]);
}

/** Has the rigs that a command is about: `rig info web` wants one that waits, `rig wait web` one that ends. */
async function provideRigs(host: TestHost, { text }: Command): Promise<void> {
  if (!/\brig (list|info|log|trigger|wait|stop|destroy)\b/.test(text)) return;
  const condition = ['-m', 'boom', '--logfile', '/var/log/app.log', '--no-journal', '--noop'];
  for (const id of text.includes('db') ? ['web', 'db'] : ['web'])
    if (!host.exists(`/run/rig/${id}`)) await host.must('rig', ['logs', ...condition, '--name', id]);
  if (/\brig wait\b/.test(text)) await host.rig('trigger', 'web'); // refused where the command before has done it
}

/** Types Ctrl-C as soon as a command that goes on has shown something. */
async function interrupt(host: TestHost, text: string): Promise<Result> {
  const running = await host.spawn('sh', ['-c', `exec ${text}`]);
  await waitFor(`${text} to show something`, () => running.hasEnded() || running.stdout !== '');
  await running.stop('SIGINT');
  const { code, signal } = await running.closed;
  // A shell gives 130 for a program that SIGINT has ended.
  return { code: signal === 'SIGINT' ? 130 : code, signal, stdout: running.stdout, stderr: running.stderr };
}

/** Runs a command as a user would; undefined if it did what its page says, else what it did. */
async function findFault(host: TestHost, command: Command): Promise<string | undefined> {
  const { code, stdout, stderr } = isEndless(command)
    ? await interrupt(host, command.text)
    : await host.sh(command.text, { cwd: '/root' });
  return code === command.code ? undefined : `${command.place}: ${command.text}\nexit code ${code}\n${stdout}${stderr}`;
}

/** Ends all rigs and removes what they made. */
async function cleanUp(host: TestHost): Promise<void> {
  if (stateNames(host).length > 0) await host.must('rig', ['destroy', '--all', '--discard']);
  await host.must('sh', ['-c', 'rm -rf /var/tmp/rig-* /srv/evidence/* /root/rig-*']);
}

/** The faults of all commands of all pages; one that stands in several places is run once. */
async function findFaults(host: TestHost): Promise<{ command: Command; fault: string }[]> {
  const faults: { command: Command; fault: string }[] = [];
  const isKnown = new Set<string>();
  for (const page of pages) {
    const commands = [...findCommands(page), ...findInlineCommands(page)];
    for (const command of commands.filter((one) => !isTypedElsewhere(one))) {
      if (isKnown.has(command.text)) continue;
      isKnown.add(command.text);
      await provideRigs(host, command);
      const fault = await findFault(host, command);
      if (fault !== undefined) faults.push({ command, fault });
    }
    await cleanUp(host);
  }
  return faults;
}

test('every command in the documentation does what its page says', async (t) => {
  const host = await startHost(t, { places: { '/srv': { size: '50%' } } });
  await furnish(host);
  const waitsFor = ({ text }: Command): string | undefined => PENDING.find((words) => text.includes(words));
  const faults = await findFaults(host);
  const unexpected = faults.filter(({ command }) => waitsFor(command) === undefined);
  assert.equal(unexpected.map(({ fault }) => fault).join('\n'), '');
  const done = PENDING.filter((words) => !faults.some(({ command }) => waitsFor(command) === words));
  assert.deepEqual(done, [], 'rig can do these now: take them off PENDING');
});

/** Times, pids and the widths of columns are others each time. */
const steady = (line: string): string => line.replace(/\d+/g, 'N').replace(/ {2,}/g, ' ').trimEnd();

/** What rig says of the past depends on how far it gets in 150 ms. */
const isRemark = (line: string): boolean => line.startsWith('rig: ');

test('what the documentation shows as a session is what is printed', async (t) => {
  const host = await startHost(t);
  await furnish(host);
  for (const { place, script, printed } of pages.flatMap(findSessions)) {
    const { stdout } = await host.sh(`exec 2>&1\n${script}`, { cwd: '/root' });
    const withoutRemarks = (lines: string[]): string[] => lines.filter((line) => !isRemark(line)).map(steady);
    assert.deepEqual(withoutRemarks(stdout.trimEnd().split('\n')), withoutRemarks(printed), place);
    await cleanUp(host);
  }
});

test('every option of every monitor and command is on a page', async (t) => {
  const host = await startHost(t);
  const documentation = pages.map(({ text }) => text).join('\n');
  const names = [...(await host.must('rig', ['--help'])).matchAll(/^ {2}rig (\w+) {2}/gm)].map(([, name = '']) => name);
  assert.ok(names.includes('logs') && names.includes('list'), names.join());
  const missing: string[] = [];
  for (const name of names) {
    const help = await host.must('rig', [name, '--help']);
    for (const [, option = ''] of help.matchAll(/^ {2}(?:-\w, | {4})--([\w-]+)/gm))
      if (!new RegExp(`--${option}(?![\\w-])`).test(documentation)) missing.push(`rig ${name} --${option}`);
  }
  assert.deepEqual([...new Set(missing)], []);
});
