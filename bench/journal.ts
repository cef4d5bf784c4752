/**
 * The journal in figures, rig beside `journalctl -f | grep`: `npm run bench -- journal`. From the entry sent to the program that
 * is started; catching up with what was stored while rig was stopped; CPU and wake-ups when idle.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, finished, MESSAGE, rigProcesses, startService, theRig, theSources } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import { newHost, now, report, spread } from './support.ts';

const runs = Number(process.env.RIG_BENCH_RUNS ?? 50);
const entries = Number(process.env.RIG_BENCH_ENTRIES ?? 1_000_000);
const idleSeconds = 60;
const ticksPerSecond = 100;

const program = '#!/bin/bash\necho $EPOCHREALTIME > /run/started.part\nmv /run/started.part /run/started\n';

/** Sends an entry; when, in milliseconds since the epoch. logger runs by then: to start it is no part of what is measured. */
async function send(host: TestHost): Promise<number> {
  const logger = await host.spawnInteractive('logger', ['--journald']);
  await delay(100);
  const at = now();
  logger.end(`MESSAGE=${MESSAGE}\n`);
  return at;
}

async function startedAt(host: TestHost): Promise<number> {
  await waitFor('the program to start', () => host.exists('/run/started'));
  const at = Number(host.read('/run/started')) * 1000;
  await host.must('rm', ['/run/started']);
  return at;
}

async function benchLatency(host: TestHost, pid: number): Promise<void> {
  const times: { rig: number[]; pipe: number[] } = { rig: [], pipe: [] };
  const follow = `journalctl -n0 -f -o cat | grep --line-buffered -m1 "${MESSAGE}" | while read line; do gcore; done`;
  for (let run = 0; run < runs; run++) {
    const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', pid);
    await delay(Math.random() * 1000);
    const sent = await send(host);
    times.rig.push((await startedAt(host)) - sent);
    await finished(host, id);
    const pipe = await host.spawn('bash', ['-c', follow]);
    await waitFor('the pipe to follow', () => host.processesNamed('grep').length > 0);
    await delay(500 + Math.random() * 1000);
    const sentAgain = await send(host);
    times.pipe.push((await startedAt(host)) - sentAgain);
    for (const { pid: follower } of host.processesNamed('journalctl')) await host.kill(follower, 'SIGKILL');
    await pipe.kill();
  }
  report('entry sent -> program starts, rig', spread(times.rig));
  report('entry sent -> program starts, journalctl -f | grep', spread(times.pipe));
}

interface Use {
  cpuSeconds: number;
  switches: number;
  privateMb: number;
}

function usedBy(host: TestHost): Use {
  const use = { cpuSeconds: 0, switches: 0, privateMb: 0 };
  for (const pid of rigProcesses(host).map((line) => Number(line.split(' ')[0]))) {
    const fields = host.read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    use.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    for (const task of host.list(`/proc/${pid}/task`))
      use.switches += Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(host.read(`/proc/${pid}/task/${task}/status`))?.[1],
      );
    for (const [, kb] of host.read(`/proc/${pid}/smaps_rollup`).matchAll(/^Private_Dirty: +(\d+) kB/gm))
      use.privateMb += Number(kb) / 1024;
  }
  return use;
}

async function benchIdle(host: TestHost, what: string): Promise<void> {
  const before = usedBy(host);
  await delay(idleSeconds * 1000);
  const after = usedBy(host);
  const cpu = after.cpuSeconds - before.cpuSeconds;
  report(
    `idle for ${idleSeconds} s, ${what}: CPU; wake-ups; private memory`,
    `${((100 * cpu) / idleSeconds).toFixed(2)} % of a core; ${after.switches - before.switches}; ${after.privateMb.toFixed(1)} MB`,
  );
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
  const before = usedBy(host);
  const started = performance.now();
  await host.kill(daemon, 'SIGCONT');
  await waitFor('everything to be examined', async () => Number((await theSources(host, id))[0]?.entries) >= entries, {
    withinMs: 120_000,
  });
  const seconds = (performance.now() - started) / 1000;
  const cpu = usedBy(host).cpuSeconds - before.cpuSeconds;
  report(
    `${entries} entries caught up with, rig`,
    `${(entries / seconds / 1000).toFixed(0)} k/s; ${cpu.toFixed(2)} s CPU`,
  );
  const script = 'journalctl -o export --output-fields=MESSAGE > /dev/null';
  const { stderr } = await host.run('bash', ['-c', `TIMEFORMAT='%R %U %S'; time ${script}`], { timeoutMs: 120_000 });
  const [real = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number);
  report(
    'the same, journalctl -o export --output-fields=MESSAGE',
    `${(entries / real / 1000).toFixed(0)} k/s; ${(user + system).toFixed(2)} s CPU`,
  );
  await host.rig('destroy', id);
}

export async function benchJournal(): Promise<void> {
  const host = await newHost();
  await host.startJournald({ config: 'RuntimeMaxUse=2G\nRuntimeMaxFileSize=1G\nRateLimitBurst=0' });
  await host.journal('first');
  const { pid } = await startService(host);
  host.write('/usr/local/bin/gcore', program);
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
  await benchLatency(host, pid);
  await benchCatchingUp(host, pid);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-files', '--gcore', pid);
  await benchIdle(host, 'the first minute');
  await benchIdle(host, 'afterwards');
  await host.rig('destroy', id);
}
