import type { Enclosure } from './enclosure.ts';
import type { Running } from './running.ts';
import { waitFor } from './wait.ts';

/**
 * Mounts a real FUSE file system, bindfs, that shows `folder` at `mountPoint`. What is written to `folder` appears there without
 * an inotify event, as on a network file system.
 */
export async function mountFuse(host: Enclosure, folder: string, mountPoint: string): Promise<Running> {
  if (!host.exists('/dev/fuse')) await host.must('mknod', ['-m', '600', '/dev/fuse', 'c', '10', '229']);
  await host.must('mkdir', ['-p', folder, mountPoint]);
  const bindfs = await host.spawn('bindfs', ['-f', folder, mountPoint]);
  await waitFor('the FUSE file system to be mounted', () => {
    if (bindfs.hasEnded()) throw new Error(`bindfs ended\n${bindfs.stderr}`);
    return host.read('/proc/1/mounts').includes(` ${mountPoint} fuse `);
  });
  return bindfs;
}
