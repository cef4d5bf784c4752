/** The files of /proc/PID that can be read without waiting for the process. */
import { readFileSync } from 'node:fs';

/**
 * Reads such a file at once; undefined when the process has ended. The thread pool would take a hundred times longer, and ten of
 * these are read before a core is begun. Files that need the memory map of the process (environ, cmdline, smaps) may hang, and
 * do not belong here.
 */
export function readAtOnce(pid: number, name: 'stat' | 'status' | 'coredump_filter'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}
