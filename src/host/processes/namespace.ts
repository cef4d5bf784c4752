/** In which pid namespace this process is: pid_namespaces(7). */
import { readlinkSync } from 'node:fs';

/** The inode number that tells it from every other one of this boot; undefined where /proc does not show this process. */
export function ownPidNamespace(): string | undefined {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
  } catch {
    return undefined;
  }
}
