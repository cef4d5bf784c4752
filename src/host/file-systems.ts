/** Kinds of file systems, by the magic numbers of statfs(2). */
import { statfsSync } from 'node:fs';

/** inotify(7) does not announce all changes here: another host or another kernel may make them. */
const silent: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  1702057286: 'FUSE',
  16914839: '9P',
  12805120: 'Ceph',
  1397113167: 'AFS',
  198183888: 'Lustre',
  1196443219: 'GPFS',
  2020557398: 'VirtualBox shared folder',
  1952539503: 'OCFS2',
  18225520: 'GFS2',
  428016422: 'BeeGFS',
};

/** The kernel makes these files when they are read: proc(5), sysfs(5), cgroups(7). */
const pseudo: Record<number, string> = {
  40864: 'proc',
  1650812274: 'sysfs',
  1684170528: 'debugfs',
  1953653091: 'tracefs',
  2613483: 'cgroup',
  1667723888: 'cgroup2',
  1935894131: 'securityfs',
  1650812272: 'configfs',
  4185718668: 'selinuxfs',
};

/** What st_blocks says here is exactly what is stored: nothing is compressed, and nothing is counted later. */
const exact: Record<number, string> = {
  61267: 'ext4',
  1481003842: 'XFS',
  16914836: 'tmpfs',
};

/** The name of a path's file system, if inotify does not announce its changes; else undefined. */
export const silentFileSystem = (path: string): string | undefined => nameIn(silent, path);

/** The name of a path's file system, if the kernel makes its files when they are read; else undefined. */
export const pseudoFileSystem = (path: string): string | undefined => nameIn(pseudo, path);

/** Whether stat(2) says exactly how much a path's file system stores of a file. */
export const countsBlocks = (path: string): boolean => nameIn(exact, path) !== undefined;

function nameIn(names: Record<number, string>, path: string): string | undefined {
  try {
    // The number may come as a negative one.
    return names[statfsSync(path).type >>> 0];
  } catch {
    return undefined;
  }
}
