/** How this process ends where a thread of it hangs. */
import { execve } from 'node:process';

/**
 * Ends this process. exit(3) would wait for a thread that hangs in a system call, on a dead file system perhaps; execve(2) kills
 * it, unless the kernel cannot. So the process becomes a shell that exits.
 */
export function leave(exitCode: number): void {
  const mayHang = process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));
  if (mayHang) execve?.('/bin/sh', ['sh', '-c', `exit ${exitCode}`], {});
  process.exit(exitCode);
}
