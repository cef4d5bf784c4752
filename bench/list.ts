/**
 * Many rigs on one host: `rig list` with 1, 50 and 200 of them, from the command to the shell prompt, and the memory of idle ones:
 * `npm run bench -- list`. RIG_BENCH_RIGS adds a number of rigs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { listRigs } from '../test/support/rigs.ts';
import { figure, newHost, report, rigPids, setting, spread, usedBy } from './support.ts';

const runs = setting('RUNS', 20);
/** So many are armed at once: an arming takes a core. */
const atOnce = 4;
const settleMs = 3000;

async function armUpTo(host: TestHost, count: number): Promise<void> {
  const arm = `rig logs -m never-logged --no-journal --noop --name rig-{}`;
  const running = (await listRigs(host)).length;
  const script = `seq ${running + 1} ${count} | xargs -P ${atOnce} -I{} sh -c '${arm}'`;
  await host.must('bash', ['-c', script], { timeoutMs: 600_000 });
}

/** Milliseconds that a command takes, by the clock of a shell, so that nothing of the bench counts. */
async function time(host: TestHost, command: string, times = runs): Promise<number[]> {
  const script = `for i in $(seq ${times}); do s=$EPOCHREALTIME; ${command}; e=$EPOCHREALTIME; echo $s $e; done`;
  const out = await host.must('bash', ['-c', script], { timeoutMs: 300_000 });
  return out
    .trim()
    .split('\n')
    .map((line) => {
      const [start, end] = line.split(' ').map(Number);
      return ((end ?? 0) - (start ?? 0)) * 1000;
    });
}

export async function benchList(): Promise<void> {
  const host = await newHost();
  host.write('/var/log/messages', 'first\n');
  report('rig --version, which is its start alone', spread(await time(host, 'rig --version >/dev/null')));
  const more = setting('RIGS', 0);
  for (const count of [1, 10, 50, 200, ...(more > 0 ? [more] : [])]) {
    await armUpTo(host, count);
    // What arming has left is given back a moment later.
    await delay(settleMs);
    const { privateMb, proportionalMb } = usedBy(host, rigPids(host));
    report(`memory of ${count} idle rigs, private`, figure(privateMb, 'MB', 1));
    report(`memory of ${count} idle rigs, proportional`, figure(proportionalMb, 'MB', 1));
    const goal = count === 200 ? { goal: 'at most 300 ms' } : {};
    report(`rig list, ${count} rigs`, spread(await time(host, 'rig list >/dev/null')), goal);
    report(`rig list --json, ${count} rigs`, spread(await time(host, 'rig list --json >/dev/null')), goal);
  }
  const [seconds] = await time(host, 'rig destroy --all-users >/dev/null', 1);
  report('rig destroy --all-users, all of them', figure(seconds ?? 0, 'ms', 0));
}
