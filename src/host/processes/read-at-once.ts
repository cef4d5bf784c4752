/** The files of /proc/PID that can be read without waiting for the process. */
import { readFileSync } from 'node:fs';

/**
 * Reads a file of /proc/PID that never waits for the process, as those do that need its memory map (environ, cmdline, smaps):
 * at once, because the thread pool would take a hundred times longer, and there are ten on the way to a core.
 */
export function readAtOnce(pid: number, name: 'stat' | 'status' | 'coredump_filter'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // It has ended.
    return undefined;
  }
}
