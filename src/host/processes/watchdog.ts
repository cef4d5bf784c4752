/** The watchdog of a service: systemd kills a process that is not heard of for some time, sd_watchdog_enabled(3). */
import { readFile } from 'node:fs/promises';
import { readVariable } from './environment.ts';

export interface Watchdog {
  /** How long systemd waits for a sign of life, in milliseconds. */
  afterMs: number;
  /** The unit, or `the service` if its name cannot be read. */
  unit: string;
}

/** The watchdog of a process; undefined if it has none, is gone, or does not let its environment be read. */
export async function readWatchdog(pid: number): Promise<Watchdog | undefined> {
  const afterMs = Number(await readVariable(pid, 'WATCHDOG_USEC')) / 1000;
  if (!(afterMs > 0)) return undefined;
  // A child of the service has the same environment. It is not the one that must give signs of life.
  const expected = await readVariable(pid, 'WATCHDOG_PID');
  if (expected !== undefined && expected !== String(pid)) return undefined;
  // cgroups(7): the last part of the path in the hierarchy of systemd.
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return { afterMs, unit: /([^/\n]+\.service)$/m.exec(groups)?.[1] ?? 'the service' };
}
