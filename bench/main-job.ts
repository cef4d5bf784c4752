/**
 * The main job in figures: `npm run bench -- main`. Times are those of this machine at this moment, so what people use
 * today runs beside rig.
 */
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { builtRig } from '../test/support/init.ts';
import { armRig, finished, MESSAGE, rigProcesses, startService, theRig } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import { median, newHost, now, report, spread } from './support.ts';

const runs = 20;
const idleSeconds = 60;
const ticksPerSecond = 100;

/** A gcore that notes when it was started; bash reads the clock without starting another program. */
async function installClock(host: TestHost): Promise<void> {
  host.write(
    '/usr/local/bin/gcore',
    '#!/bin/bash\necho $EPOCHREALTIME > /run/started.part\nmv /run/started.part /run/started\n',
  );
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
}

/** Waits for the note of `installClock`; milliseconds since the epoch. */
async function startedAt(host: TestHost): Promise<number> {
  await waitFor('the action to start', () => host.exists('/run/started'));
  const at = Number(host.read('/run/started')) * 1000;
  await host.must('rm', ['/run/started']);
  return at;
}

/** From the command line to the shell prompt: the rig is armed. */
async function benchArming(host: TestHost, pid: number): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const script = `s=$EPOCHREALTIME; id=$(rig logs -m x --gcore ${pid}); e=$EPOCHREALTIME; echo $s $e; rig destroy $id`;
    const [start, end] = (await host.must('bash', ['-c', script])).trim().split(' ').map(Number);
    times.push(((end ?? 0) - (start ?? 0)) * 1000);
  }
  report('rig logs ... until it returns, armed (journal and file)', spread(times));
}

type Writer = (host: TestHost, text: string) => Promise<number>;
const toFile: Writer = async (host, text) => {
  const at = now();
  host.append('/var/log/messages', `${text}\n`);
  return at;
};
/** The native socket, so that no program has to start between the clock and the entry. */
const toJournal: Writer = async (host, text) => {
  const out = await host.must('bash', ['-c', `echo $EPOCHREALTIME; printf 'MESSAGE=${text}\\n' | logger --journald`]);
  return Number(out) * 1000;
};

async function benchRigLatency(
  host: TestHost,
  pid: number,
  what: string,
  write: Writer,
  options: string[],
): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const id = await armRig(host, 'logs', '-m', MESSAGE, ...options, '--gcore', pid);
    await delay(Math.random() * 1000);
    const written = await write(host, MESSAGE);
    times.push((await startedAt(host)) - written);
    await finished(host, id);
  }
  report(`${what}, rig`, spread(times));
  return times;
}

async function benchPipeLatency(host: TestHost, what: string, follow: string, write: Writer): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const script = `${follow} | grep --line-buffered -m1 "${MESSAGE}" | while read line; do /usr/local/bin/gcore; done`;
    const pipe = await host.spawn('bash', ['-c', script]);
    await waitFor('the pipe to follow', () => host.processesNamed('grep').length > 0);
    await delay(500 + Math.random() * 1000);
    const written = await write(host, MESSAGE);
    times.push((await startedAt(host)) - written);
    await host.sh('pkill tail; pkill journalctl; true');
    await pipe.kill();
  }
  report(what, spread(times));
  return times;
}

/** Private (dirty: the pages of the file itself are shared by all rigs) memory and CPU of some processes, from /proc (proc_pid_smaps(5), proc_pid_stat(5)). */
function measure(host: TestHost, pids: number[]): { privateKb: number; cpuSeconds: number; switches: number } {
  const total = { privateKb: 0, cpuSeconds: 0, switches: 0 };
  for (const pid of pids) {
    for (const [, kb] of host.read(`/proc/${pid}/smaps_rollup`).matchAll(/^Private_Dirty: +(\d+) kB/gm))
      total.privateKb += Number(kb);
    const fields = host.read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
    total.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    for (const task of host.list(`/proc/${pid}/task`))
      total.switches += Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(host.read(`/proc/${pid}/task/${task}/status`))?.[1],
      );
  }
  return total;
}

async function benchIdle(host: TestHost, pid: number): Promise<void> {
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', pid);
  const daemon = (await theRig(host, id)).pid;
  await delay(3000);
  const children = rigProcesses(host)
    .map((line) => Number(line.split(' ')[0]))
    .filter((child) => child !== daemon);
  const before = [measure(host, [daemon]), measure(host, children)];
  await delay(idleSeconds * 1000);
  const after = [measure(host, [daemon]), measure(host, children)];
  for (const [index, what] of [
    [0, 'idle daemon'],
    [1, `its children (${children.length})`],
  ] as const) {
    const [a, b] = [before[index], after[index]];
    if (!a || !b) continue;
    const cpu = (b.cpuSeconds - a.cpuSeconds).toFixed(2);
    report(
      `${what}: private memory; CPU and wake-ups in ${idleSeconds} s`,
      `${(b.privateKb / 1024).toFixed(1)} MB; ${cpu} s; ${b.switches - a.switches}`,
    );
  }
  await host.rig('destroy', id);
}

export async function benchMainJob(): Promise<void> {
  report('dist/rig', `${(statSync(builtRig()).size / 1e6).toFixed(1)} MB`);
  const host = await newHost();
  await host.startJournald();
  await host.journal('first');
  host.write('/var/log/messages', 'first\n');
  const { pid } = await startService(host);
  await benchArming(host, pid);
  await benchIdle(host, pid);
  await installClock(host);
  const file = await benchRigLatency(host, pid, 'line written -> gcore starts', toFile, ['--no-journal']);
  const tail = await benchPipeLatency(
    host,
    'line written -> program starts, tail -F | grep',
    'tail -n0 -F /var/log/messages',
    toFile,
  );
  const journal = await benchRigLatency(host, pid, 'entry sent -> gcore starts', toJournal, ['--no-files']);
  const follow = await benchPipeLatency(
    host,
    'entry sent -> program starts, journalctl -f | grep',
    'journalctl -n0 -f -o cat',
    toJournal,
  );
  report('file: rig / tail -F | grep, medians', (median(file) / median(tail)).toFixed(2));
  report('journal: rig / journalctl -f | grep, medians', (median(journal) / median(follow)).toFixed(2));
}
