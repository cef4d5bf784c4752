/** When a process started. */
import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of the kernel's times: 100 on every architecture that Node runs on. See sysconf(3), _SC_CLK_TCK. */
export const ticksPerSecond = 100;

/** How far {@link startedAtMs} may be off: start time and uptime are both cut to 10 ms. */
export const startToleranceMs = 20;

/**
 * When a process started, in milliseconds since the epoch by the clock as it is set now, within {@link startToleranceMs}. It is
 * counted back by /proc/uptime: btime in /proc/stat is cut to a second.
 */
export function startedAtMs({ startTime }: { startTime: number }): number {
  // The clock first: a delay between the two readings then makes the process older, never younger, than it is. Read at once,
  // because on a busy host the thread pool would make it older by more than the tolerance.
  const nowMs = Date.now();
  const [uptimeSeconds] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return nowMs - Number(uptimeSeconds) * 1000 + (startTime * 1000) / ticksPerSecond;
}
