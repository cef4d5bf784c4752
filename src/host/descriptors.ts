/** Open files by their descriptors: see proc_pid_fd(5). */
import { readlinkSync } from 'node:fs';
import { RigError } from '../errors.ts';

/** A path to an open file or folder, whatever has become of its name. It needs /proc. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** The error of a host without /proc: there, rig cannot tell processes apart, nor reach a file by its descriptor. */
export const noProc = (): RigError => new RigError('/proc is not mounted: rig cannot tell processes apart');

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
