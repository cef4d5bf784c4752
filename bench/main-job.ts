/**
 * The main job in figures: `npm run bench -- main`. Times are those of this machine at this moment, so what people use
 * today runs beside rig.
 */
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { builtRig } from '../test/support/init.ts';
import { armRig, MESSAGE, startService } from '../test/support/rigs.ts';
import { benchLatency } from './latency.ts';
import { benchIdle, figure, installClock, newHost, now, report, setting, spread } from './support.ts';

const file = '/var/log/messages';

/** From the command line to the shell prompt: the rig is armed. */
async function benchArming(host: TestHost, pid: number): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < setting('RUNS', 20); run++) {
    const script = `s=$EPOCHREALTIME; id=$(rig logs -m x --gcore ${pid}); e=$EPOCHREALTIME; echo $s $e; rig destroy $id >/dev/null`;
    const [start, end] = (await host.must('bash', ['-c', script])).trim().split(' ').map(Number);
    times.push(((end ?? 0) - (start ?? 0)) * 1000);
  }
  report('rig logs ... until it returns, armed (journal and file)', spread(times));
}

async function write(host: TestHost): Promise<number> {
  const at = now();
  host.append(file, `${MESSAGE}\n`);
  return at;
}

export async function benchMainJob(): Promise<void> {
  report('dist/rig', figure(statSync(builtRig()).size / 1e6, 'MB', 1));
  const host = await newHost();
  await host.startJournald();
  await host.journal('first');
  host.write(file, 'first\n');
  const { pid } = await startService(host);
  await benchArming(host, pid);
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--gcore', pid);
  await delay(3000);
  const goals = { cpuSeconds: 'at most 0.03 s', switches: 'at most 150', privateMb: 'at most 20 MB' };
  await benchIdle(host, 'one file and the journal, the first minute', goals);
  await benchIdle(host, 'one file and the journal, afterwards', goals);
  await host.rig('destroy', '--discard', id);
  await installClock(host);
  await benchLatency(host, pid, {
    what: "line written -> action's program starts (file)",
    goal: 'median at most 5 ms, p95 at most 15 ms',
    options: ['--no-journal'],
    pipe: { name: 'tail -F | grep', follow: `tail -n0 -F ${file}` },
    write,
  });
}
