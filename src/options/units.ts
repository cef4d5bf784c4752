/** Amounts as people type and read them. */

/** A span as it is typed: `1m30s` is `90s`, `3600s` is `1h`. */
export function formatDuration(ms: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const)
    if (ms % length === 0) return `${ms / length}${unit}`;
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
