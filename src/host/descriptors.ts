/** Open files by their descriptors: see proc_pid_fd(5). */
import { readlinkSync } from 'node:fs';

/** A path to an open file or folder, whatever has become of its name. It needs /proc. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** The path of an open file, or the one that it had before it was deleted; undefined where /proc is not mounted. */
export function placeOfDescriptor(fd: number): { path: string; isDeleted: boolean } | undefined {
  try {
    const link = readlinkSync(descriptorPath(fd));
    const path = link.replace(/ \(deleted\)$/, '');
    return { path, isDeleted: path !== link };
  } catch {
    return undefined;
  }
}
