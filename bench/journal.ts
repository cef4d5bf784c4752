/**
 * The journal in figures, rig beside `journalctl -f | grep`: `npm run bench -- journal`. From the entry sent to the program that
 * is started; catching up with what was stored while rig was stopped; CPU and wake-ups when idle.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, MESSAGE, startService, theRig, theSources } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import { benchLatency } from './latency.ts';
import { benchIdle, figure, installClock, newHost, now, report, rigPids, setting, usedBy } from './support.ts';

const entries = setting('ENTRIES', 1_000_000);
const pipe = { name: 'journalctl -f | grep', follow: 'journalctl -n0 -f -o cat' };

/** Sends an entry. logger runs by then: to start it is no part of what is measured. */
async function write(host: TestHost): Promise<number> {
  const logger = await host.spawnInteractive('logger', ['--journald']);
  await delay(100);
  const at = now();
  logger.end(`MESSAGE=${MESSAGE}\n`);
  return at;
}

/** rig is stopped while the entries are stored. */
async function benchCatchingUp(host: TestHost, pid: number): Promise<void> {
  const id = await armRig(host, 'logs', '-m', 'never to be found', '--no-files', '--gcore', pid);
  const daemon = (await theRig(host, id)).pid;
  await host.kill(daemon, 'SIGSTOP');
  const line = "'request %.0f took 12 ms, status 200, bytes 5120'";
  await host.must('sh', ['-c', `seq -f ${line} 1 ${entries} | systemd-cat -t many; journalctl --sync`], {
    timeoutMs: 300_000,
  });
  const before = usedBy(host, rigPids(host));
  const started = performance.now();
  await host.kill(daemon, 'SIGCONT');
  await waitFor('everything to be examined', async () => Number((await theSources(host, id))[0]?.entries) >= entries, {
    withinMs: 120_000,
  });
  const seconds = (performance.now() - started) / 1000;
  const cpu = usedBy(host, rigPids(host)).cpuSeconds - before.cpuSeconds;
  const other = 'journalctl -o export --output-fields=MESSAGE';
  const { stderr } = await host.run('bash', ['-c', `TIMEFORMAT='%R %U %S'; time ${other} > /dev/null`], {
    timeoutMs: 120_000,
  });
  const [real = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  const rate = (inSeconds: number) => figure(entries / inSeconds / 1000, 'thousand a second', 0);
  report(`catching up with ${entries} entries: rate`, rate(seconds), {
    goal: 'at least 4 x',
    beside: [other, rate(real)],
  });
  report(`catching up with ${entries} entries: CPU`, figure(cpu, 's'), {
    goal: 'at most 0.25 x',
    beside: [other, figure(user + system, 's')],
  });
  await host.rig('destroy', id);
}

export async function benchJournal(): Promise<void> {
  const host = await newHost();
  await host.startJournald({ config: 'RuntimeMaxUse=2G\nRuntimeMaxFileSize=1G\nRateLimitBurst=0' });
  await host.journal('first');
  const { pid } = await startService(host);
  await installClock(host);
  await benchLatency(host, pid, {
    what: "entry sent -> action's program starts (journal)",
    goal: 'median at most 30 ms, p95 at most 60 ms',
    options: ['--no-files'],
    pipe,
    write,
  });
  await benchCatchingUp(host, pid);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', pid);
  const goals = { cpuSeconds: 'at most 0.3 % of a core', privateMb: 'at most 15 MB' };
  await benchIdle(host, 'journal, the first minute', goals);
  await benchIdle(host, 'journal, afterwards', goals);
  await host.rig('destroy', id);
}
