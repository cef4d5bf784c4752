/**
 * node:test's own report, with one line more in its summary: what the tier of tests has used up, and whether that is within its
 * bound. It warns and does not fail: on a slow machine that would be a false alarm.
 */
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

/** The unit of times in /proc/PID/stat; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** The fields of /proc/PID/stat from number 3 on; proc_pid_stat(5) counts from 1. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** User and system time of a process and of all children that it has waited for: utime, stime, cutime, cstime (14 to 17). */
const cpuSeconds = (pid: number): number =>
  statOf(pid)
    .slice(14 - 3, 18 - 3)
    .reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;

/** How long a process has been running: its start in ticks since boot is field 22. */
function ageSeconds(pid: number): number {
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return uptime - Number(statOf(pid)[22 - 3]) / ticksPerSecond;
}

function usage(): string {
  // The parent, build/test.ts, has waited for types, lint and build; this process waits for the test files.
  const cpu = cpuSeconds(process.ppid) + cpuSeconds(process.pid);
  const time = ageSeconds(process.ppid);
  const bound = JSON.parse(process.env.RIG_TEST_BOUND ?? '{}') as { cpuSeconds?: number; seconds?: number };
  const [used, limit, what] =
    bound.cpuSeconds === undefined ? [time, bound.seconds ?? 0, 'time'] : [cpu, bound.cpuSeconds, 'CPU time'];
  const verdict = used <= limit ? 'within' : 'OVER';
  return `cpu ${cpu.toFixed(1)} s (user + sys) in ${time.toFixed(1)} s: ${verdict} the ${limit} s of ${what} for these tests`;
}

async function* withUsage(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    // The summary begins with the count of tests.
    if (event.type === 'test:diagnostic' && event.data.nesting === 0 && /^tests \d+$/.test(event.data.message))
      yield { ...event, data: { ...event.data, message: usage() } };
    yield event;
  }
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  yield* Readable.from(withUsage(events)).pipe(new spec());
}
