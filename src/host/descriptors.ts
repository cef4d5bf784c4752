/** Open files by their descriptors: see proc_pid_fd(5). */
import { readlinkSync } from 'node:fs';

/** A path that leads to an open file, whatever became of its name. It needs /proc. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** Where an open file is, or was before it was deleted; undefined where /proc is not mounted. */
export function placeOfDescriptor(fd: number): { path: string; isDeleted: boolean } | undefined {
  try {
    const link = readlinkSync(descriptorPath(fd));
    const path = link.replace(/ \(deleted\)$/, '');
    return { path, isDeleted: path !== link };
  } catch {
    return undefined;
  }
}
