/** Which files processes hold open, from /proc/PID/fd: see proc_pid_fd(5). */
import { readdir, stat } from 'node:fs/promises';
import { listPids } from './processes.ts';

/** Whether any process but this one holds a file open. `identity` is `<device>:<inode>`. */
export async function isHeldOpen(identity: string): Promise<boolean> {
  for (const pid of await listPids()) {
    if (pid === process.pid) continue;
    // Processes and descriptors come and go meanwhile: what is gone holds nothing.
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const file = await stat(`/proc/${pid}/fd/${fd}`, { bigint: true }).catch(() => undefined);
      if (file && `${file.dev}:${file.ino}` === identity) return true;
    }
  }
  return false;
}
