import { readFileSync } from 'node:fs';
import type { TestHost } from './host.ts';

const source = readFileSync(new URL('./clock.c', import.meta.url));
const library = '/usr/local/lib/clock.so';

export const yearSeconds = 365 * 86_400;

/**
 * Gives a test host a clock of its own, for all programs that start from now on. Returns a function that sets it to a number of
 * seconds ahead of the real one. CLOCK_MONOTONIC stays as it is, as with settimeofday(2).
 */
export async function giveClock(host: TestHost): Promise<(aheadSeconds: number) => Promise<void>> {
  await host.must('tcc', ['-shared', '-nostdlib', '-o', library, '-'], { input: source });
  const set = async (aheadSeconds: number): Promise<void> => {
    // By a rename, so that a reader sees the old time or the new one.
    host.write('/run/clock.part', `${aheadSeconds}\n`);
    await host.must('mv', ['/run/clock.part', '/run/clock']);
  };
  await set(0);
  host.write('/etc/ld.so.preload', `${library}\n`);
  return set;
}
