/** What systemd's watchdog makes of a process that stands still while it is dumped. */
import { setTimeout as delay } from 'node:timers/promises';
import { foundIn } from '../../host/processes/read-at-once.ts';
import { lifeOf, type ProcessIdentity } from '../../host/processes/stat.ts';
import { lookAtStatus } from '../../host/processes/status.ts';
import { readWatchdog, type Watchdog } from '../../host/processes/watchdog.ts';
import type { Asking } from '../../plugin.ts';
import { processLabel, visible } from '../../terminal/text.ts';
import { estimateCore, estimatePause } from './core-size.ts';

const seconds = (ms: number): string => `${Number((ms / 1000).toPrecision(2))} s`;

/** How long after the dump to look whether the watchdog has struck: its signal waits until gdb lets go. */
const strikeMs = 1000;
const pollMs = 20;

/** Services give signs of life at half of the time: the last one may be that old when the dump begins. */
const isDangerous = ({ afterMs }: Watchdog, pauseMs: number): boolean => pauseMs > afterMs / 2;

/** Remarks on a watchdog that would kill the process because of the dump. */
export async function remarkWatchdog(pid: number, ask: Asking): Promise<void> {
  const watchdog = await readWatchdog(pid);
  if (watchdog === undefined) return;
  const pauseMs = estimatePause(await estimateCore(pid));
  if (!isDangerous(watchdog, pauseMs)) return;
  const { unit, afterMs } = watchdog;
  ask.remark(
    `--gcore: the dump of process ${pid} takes about ${seconds(pauseMs)}; systemd's watchdog kills ${visible(unit)} after ${seconds(afterMs)}`,
  );
}

/** Whether the process is not known to be gone, nor on its way out. */
const goesOn = (target: ProcessIdentity): boolean =>
  lifeOf(target) !== 'dead' && foundIn(lookAtStatus(target.pid))?.isDumpingCore !== true;

/** Why a process that was dumped, and stood still for `pauseMs`, does not go on; undefined if it does. */
export async function findEnd(
  target: ProcessIdentity,
  watchdog: Watchdog | undefined,
  pauseMs: number,
): Promise<string | undefined> {
  const mayStrike = watchdog !== undefined && isDangerous(watchdog, pauseMs);
  const until = performance.now() + (mayStrike ? strikeMs : 0);
  while (goesOn(target) && performance.now() < until) await delay(pollMs);
  if (goesOn(target)) return undefined;
  const known = mayStrike
    ? `: the dump took ${seconds(pauseMs)}, and systemd's watchdog kills ${visible(watchdog.unit)} after ${seconds(watchdog.afterMs)}`
    : '';
  return `process ${processLabel(target)} was dumped, and has ended since${known}`;
}
