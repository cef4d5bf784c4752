import { readFileSync } from 'node:fs';
import type { TestHost } from './host.ts';

const source = readFileSync(new URL('./clock.c', import.meta.url));
const library = '/usr/local/lib/clock.so';

export const yearSeconds = 365 * 86_400;

/**
 * Gives a test host a clock of its own for all programs that are started from now on. What is returned sets it, to so many
 * seconds ahead of the real one; CLOCK_MONOTONIC is left alone, as by settimeofday(2).
 */
export async function giveClock(host: TestHost): Promise<(aheadSeconds: number) => Promise<void>> {
  await host.must('tcc', ['-shared', '-nostdlib', '-o', library, '-'], { input: source });
  const set = async (aheadSeconds: number): Promise<void> => {
    // A reader sees one time or the other.
    host.write('/run/clock.part', `${aheadSeconds}\n`);
    await host.must('mv', ['/run/clock.part', '/run/clock']);
  };
  await set(0);
  host.write('/etc/ld.so.preload', `${library}\n`);
  return set;
}
