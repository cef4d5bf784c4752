/** `rig list` with 1, 50 and 200 rigs, from the command to the shell prompt: `npm run bench -- list`. */
import type { TestHost } from '../test/support/host.ts';
import { listRigs } from '../test/support/rigs.ts';
import { newHost, report, setting, spread } from './support.ts';

const runs = setting('RUNS', 20);
/** So many are armed at once: an arming takes a core. */
const atOnce = 4;

async function armUpTo(host: TestHost, count: number): Promise<void> {
  const arm = `rig logs -m never-logged --no-journal --noop --name rig-{}`;
  const running = (await listRigs(host)).length;
  const script = `seq ${running + 1} ${count} | xargs -P ${atOnce} -I{} sh -c '${arm}'`;
  await host.must('bash', ['-c', script], { timeoutMs: 600_000 });
}

/** Milliseconds that a command takes, by the clock of a shell, so that nothing of the bench counts. */
async function time(host: TestHost, command: string): Promise<number[]> {
  const script = `for i in $(seq ${runs}); do s=$EPOCHREALTIME; ${command}; e=$EPOCHREALTIME; echo $s $e; done`;
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
  for (const count of [1, 50, 200]) {
    await armUpTo(host, count);
    report(`rig list, ${count} rigs`, spread(await time(host, 'rig list >/dev/null')));
    report(`rig list --json, ${count} rigs`, spread(await time(host, 'rig list --json >/dev/null')));
  }
  await host.must('rig', ['destroy', '--all'], { timeoutMs: 120_000 });
}
