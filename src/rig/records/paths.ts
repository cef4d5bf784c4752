/** Where rig keeps its files, and how it writes a time. */
import type { Clock } from '../../host/clock.ts';

export const stateRoot = '/run/rig';
/** What outlives a reboot: how rigs ended, and which were armed. */
export const recordRoot = '/var/lib/rig';
export const finishedRoot = `${recordRoot}/finished`;
export const armedRoot = `${recordRoot}/armed`;
/** Where results go unless --output-dir says otherwise. */
export const outputRoot = '/var/tmp';
export const logRoot = '/var/log/rig';
export const logFile = `${logRoot}/rig.log`;

export const stateFolder = (id: string): string => `${stateRoot}/${id}`;
export const controlSocket = (id: string): string => `${stateRoot}/${id}/control.sock`;
/** Where a rig writes while it lives: it has a folder for each trigger. */
export const workFolder = (root: string, id: string): string => `${root}/rig.${id}`;

/** `2026-11-22-150737`, in the host's own time zone. */
export function fileStamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** The time of day of a moment on a clock, as `isoTime` writes it. */
export const isoTimeAt = (clock: Clock, atMs: number): string =>
  isoTime(new Date(clock.dateMs() - (clock.nowMs() - atMs)));

/** ISO 8601 with the host's own zone: `2026-11-22T15:07:37.123+01:00`. */
export function isoTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  return `${shifted}${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
}
