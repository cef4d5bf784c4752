/** How this process ends where a thread of it hangs. */
import { existsSync } from 'node:fs';
import { execve } from 'node:process';

const shell = '/bin/sh';

/**
 * To be called right before the process exits with `exitCode`. exit(3) would wait for a thread that hangs in a system call, on a dead
 * file system perhaps; execve(2) ends such a thread, unless the kernel cannot. So the process becomes a shell that exits.
 */
export function leaveHangingThreads(exitCode: number): void {
  const mayHang = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
  if (!mayHang || !existsSync(shell)) return;
  // A shell complains of a current folder that was removed.
  process.chdir('/');
  execve?.(shell, ['sh', '-c', `exit ${exitCode}`], {});
}
