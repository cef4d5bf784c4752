/**
 * The journal in figures, rig beside `journalctl -f | grep`: `npm run bench -- journal`. From the entry sent to the program that
 * is started; catching up with what was stored while rig was stopped, and with a burst; CPU and wake-ups when idle.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, finished, MESSAGE, startService, theRig, theSources } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import { benchLatency, startPipe } from './latency.ts';
import {
  benchIdle,
  figure,
  installClock,
  median,
  newHost,
  now,
  report,
  rigPids,
  setting,
  spread,
  startedAt,
  usedBy,
} from './support.ts';

const line = "'request %.0f took 12 ms, status 200, bytes 5120'";
const burst = setting('BURST', 200_000);
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

/** How many entries the journal has, from the header of its file: le64 at byte 152 (JOURNAL_FILE_FORMAT). */
function storedEntries(host: TestHost): number {
  const folder = `/run/log/journal/${host.list('/run/log/journal')[0]}`;
  const fd = openSync(host.outside(`${folder}/system.journal`), 'r');
  const field = Buffer.alloc(8);
  readSync(fd, field, 0, 8, 152);
  closeSync(fd);
  return Number(field.readBigUInt64LE());
}

/** Logs as fast as journald takes it, MESSAGE last; seconds that it took, and when the last was stored, since the epoch. */
async function writeBurst(host: TestHost): Promise<{ seconds: number; at: number }> {
  const wanted = storedEntries(host) + burst;
  const lines = `seq -f ${line} ${burst - 1}; echo '${MESSAGE}'`;
  const begun = now();
  const writer = host.must('sh', ['-c', `{ ${lines}; } | systemd-cat -t many`], { timeoutMs: 120_000 });
  const stored = async (): Promise<number> => {
    while (storedEntries(host) < wanted) await delay(2);
    return now();
  };
  const [at] = await Promise.all([stored(), writer]);
  return { seconds: (at - begun) / 1000, at };
}

/** A burst, the entry that is waited for comes last: by the time that its action starts, everything is examined. */
async function benchBurst(host: TestHost, pid: number): Promise<void> {
  const took: number[] = [];
  const times: { rig: number[]; pipe: number[] } = { rig: [], pipe: [] };
  const run = async (delays: number[]): Promise<void> => {
    const { seconds, at } = await writeBurst(host);
    took.push(seconds);
    delays.push((await startedAt(host, 120_000)) - at);
  };
  for (let count = 0; count < 3; count++) {
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', pid);
    await run(times.rig);
    await finished(host, id);
    const end = await startPipe(host, pipe);
    await run(times.pipe);
    await end();
  }
  report(
    `${burst} entries in ${median(took).toFixed(1)} s: last one stored -> action's program starts`,
    spread(times.rig),
    {
      goal: 'at most 500 ms',
      beside: [pipe.name, spread(times.pipe)],
    },
  );
}

/** rig is stopped while the entries are stored. */
async function benchCatchingUp(host: TestHost, pid: number): Promise<void> {
  const id = await armRig(host, 'logs', '-m', 'never to be found', '--no-files', '--gcore', pid);
  const daemon = (await theRig(host, id)).pid;
  await host.kill(daemon, 'SIGSTOP');
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
  await host.rig('destroy', '--discard', id);
}

/** A host with a journal that holds next to nothing, the clock, and a process that an action can name. */
async function journalHost(): Promise<{ host: TestHost; pid: number }> {
  const host = await newHost();
  await host.startJournald({ config: 'RuntimeMaxUse=2G\nRuntimeMaxFileSize=1G\nRateLimitBurst=0' });
  await host.journal('first');
  await installClock(host);
  const { pid } = await startService(host);
  return { host, pid };
}

export async function benchJournal(): Promise<void> {
  const { host, pid } = await journalHost();
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
  await host.rig('destroy', '--discard', id);
  const other = await journalHost();
  await benchBurst(other.host, other.pid);
}
