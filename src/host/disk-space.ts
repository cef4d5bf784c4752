/** How much room a file system has: statfs(2). */
import { statfs } from 'node:fs/promises';

/** In bytes: what users other than root may still fill, as df(1) shows it, and the size of the file system. */
export interface DiskSpace {
  free: number;
  total: number;
}

/** The space on the file system of a path. Throws the system's error. */
export async function readDiskSpace(path: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}
