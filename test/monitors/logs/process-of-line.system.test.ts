import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost, type TestHost } from '../../support/host.ts';
import { armRig, finished, type Manifest, MESSAGE, startService } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

/** Logs by syslog(3), under the name and with the options of openlog(3), and lives on. */
const logs = (name: string, options: string, message: string): string[] => [
  '-MSys::Syslog',
  '-e',
  `openlog("${name}", "${options}", "user"); syslog("err", "${message}"); sleep 1000`,
];

/** The archives of a rig so far, also when it has ended. */
async function archivesOf(host: TestHost, id: string): Promise<string[]> {
  const rows = JSON.parse(await host.must('rig', ['list', '--all', '--json'])) as Array<{
    id: string;
    archives: string[];
  }>;
  return rows.find((row) => row.id === id)?.archives ?? [];
}

/** A host as Debian is: journald hands on to rsyslog. */
async function startStock(t: Parameters<typeof startHost>[0]): Promise<TestHost> {
  const host = await startHost(t);
  await host.startJournald();
  await host.startRsyslog();
  await host.must('logger', ['harmless']);
  await waitFor('the file', () => host.exists('/var/log/messages'));
  return host;
}

test('--gcore @match dumps ten of ten processes whose line was seen in the file', async (t) => {
  const host = await startStock(t);
  // In the journal, another unit is watched: the file always comes first.
  const places = ['--logfile', '/var/log/messages', '--journal', 'other'];
  const args = ['-m', MESSAGE, ...places, '--restart', 9, '--gcore', '@match'];
  const id = await armRig(host, 'logs', ...args);
  for (let number = 1; number <= 10; number++) {
    const logger = await host.spawn('perl', logs('app', 'ndelay', `${MESSAGE} ${number}`));
    const archive = await waitFor('the archive', async () => archivesOf(host, id).then((all) => all[number - 1]));
    const { trigger } = await host.manifest<Manifest>(archive);
    assert.equal(trigger.subject, '/var/log/messages');
    assert.equal(trigger.process?.pid, logger.pid, 'the manifest has it, too');
    const names = await host.tarList(archive);
    assert.ok(
      names.some((name) => name.endsWith(`/core.perl.${logger.pid}`)),
      `${logger.pid}: ${names}`,
    );
  }
});

test('without the journal, NAME[PID]: in the line names the process, and creation says what @match needs', async (t) => {
  const host = await startStock(t);
  const places = ['--logfile', '/var/log/messages', '--no-journal'];
  const args = ['-m', MESSAGE, ...places, '--gcore', '@match', '--exec', 'env', '--name', 'web'];
  const { stderr } = await host.rig('logs', ...args);
  assert.match(stderr, /^rig: --gcore: @match: the journal is not watched, so only a line with NAME\[PID\]: in it/m);
  const logger = await host.spawn('perl', logs('perl', 'ndelay,pid', MESSAGE));
  const { archive, reasons } = await finished(host, 'web');
  const names = await host.tarList(archive ?? '');
  assert.ok(
    names.some((name) => name.endsWith(`/core.perl.${logger.pid}`)),
    reasons.join(),
  );
  const environment = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/1-env.stdout']);
  assert.match(environment, new RegExp(`^RIG_PID=${logger.pid}$`, 'm'));
});

for (const [what, tagOf] of [
  ['of another program', (pid: number) => `cron[${pid}]`],
  ['that no process has', () => 'sleep[4194303]'],
] as const)
  test(`a line with the pid ${what} names no process`, async (t) => {
    const host = await startStock(t);
    const { pid } = await startService(host);
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--logfile', '/var/log/app', '--gcore', '@match');
    host.append('/var/log/app', `Dec  1 00:00:00 testhost ${tagOf(pid)}: ${MESSAGE}\n`);
    const { status, reasons } = await finished(host, id);
    assert.equal(status, 'failed');
    assert.match(reasons.join(), /@match: the trigger names no process/);
  });
