/** How much room a file system has: statfs(2). */
import { statfs } from 'node:fs/promises';

/** In bytes: what anybody but root may still fill, as df(1) shows it, and the whole. */
export interface DiskSpace {
  free: number;
  total: number;
}

/** Of the file system that a path is on. Throws the system's error. */
export async function readDiskSpace(path: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}
