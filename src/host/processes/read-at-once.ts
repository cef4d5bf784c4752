/** The files of /proc/PID that can be read without waiting for the process. */
import { readFileSync } from 'node:fs';
import { errnoOf, messageOf } from '../../errors.ts';

/**
 * Whether something lives, as far as could be seen. `dead` is only what is proved dead; `unknown` means that it could not be
 * looked at, for want of descriptors perhaps. What is unknown is shown as such, and left alone.
 */
export type Life = 'alive' | 'dead' | 'unknown';

/** What a look at a process has found. To a look, a zombie is there, too. */
export type Look<T> = { life: 'alive'; found: T } | { life: 'dead' } | { life: 'unknown'; why: string };

/** What was found; undefined for a caller to whom gone and unknown are the same. */
export const foundIn = <T>(look: Look<T>): T | undefined => (look.life === 'alive' ? look.found : undefined);

/** The errors that prove that a process is gone: proc(5), and a process that ends while its file is read. */
const goneErrors: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH']);

/** A failed look at something of a process. */
export function failedLook(error: unknown): { life: 'dead' } | { life: 'unknown'; why: string } {
  return goneErrors.has(errnoOf(error))
    ? { life: 'dead' }
    : { life: 'unknown', why: errnoOf(error) ?? messageOf(error) };
}

/**
 * Reads such a file at once. The thread pool would take a hundred times longer, and ten of these are read before a core is
 * begun. Files that need the memory map of the process (environ, cmdline, smaps) may hang, and do not belong here.
 */
export function readAtOnce(pid: number, name: 'stat' | 'status' | 'coredump_filter'): Look<string> {
  try {
    return { life: 'alive', found: readFileSync(`/proc/${pid}/${name}`, 'utf8') };
  } catch (error) {
    return failedLook(error);
  }
}
