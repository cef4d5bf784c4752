/** Amounts as people type and read them. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const unitMs: Record<string, number> = { ms: 1, s: 1000, m: minuteMs, min: minuteMs, h: hourMs, d: dayMs };

/** A timer takes at most 2^31-1 ms (Node's setTimeout). */
const longestMs = 2 ** 31 - 1;

/**
 * The milliseconds of a time span as in systemd.time(7): `250ms 10s 5min 5m 2h 1h30m 1d`, a bare number is seconds. 0 only
 * with `orZero`. Throws an Error that says what was expected.
 */
export function parseDuration(text: string, orZero = false): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)?/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  const hasUnits = parts.length === 1 || parts.every(([, , unit]) => unit !== undefined);
  const sum = parts.reduce((ms, [, number, unit = 's']) => ms + Number(number) * (unitMs[unit] as number), 0);
  const ms = Math.round(sum);
  if (!isWhole || !hasUnits || !(ms >= (orZero ? 0 : 1)))
    throw new Error(`expected a duration such as 250ms, 10s, 5m, 2h or 1h30m, got ${JSON.stringify(text)}`);
  if (ms > longestMs) throw new Error(`expected at most 24d, got ${JSON.stringify(text)}`);
  return ms;
}

/** A span as it is typed: 90,000 ms is `90s`, 3,600,000 ms is `1h`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const length = unitMs[unit] as number;
    if (ms % length === 0) return `${ms / length}${unit}`;
  }
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}

/** How long ago, in the largest unit that fits: `12s 5m 3h 2d`. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  if (age < minuteMs) return `${Math.floor(age / 1000)}s`;
  if (age < hourMs) return `${Math.floor(age / minuteMs)}m`;
  if (age < dayMs) return `${Math.floor(age / hourMs)}h`;
  return `${Math.floor(age / dayMs)}d`;
}

/** The bytes of `512K 10M 2G 1T`, powers of 1024, a bare number is bytes. Throws an Error that says what was expected. */
export function parseSize(text: string, minimum = 0): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase()));
  if (!(Number.isSafeInteger(bytes) && bytes >= minimum))
    throw new Error(`expected a size such as 512K, 10M or 2G, got ${JSON.stringify(text)}`);
  return bytes;
}

/** A number of bytes in the largest unit that fits: `512 B 1.5 KiB 20 MiB 3.2 GiB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let value = bytes;
  for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
  return `${value >= 10 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
