/** What this process is called in ps(1), top(1) and pgrep(1). */
import { writeFileSync } from 'node:fs';

/** Names this process; Node has named it MainThread. Of the name 15 bytes are kept. See proc_pid_comm(5). */
export function setOwnName(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // A container with a read-only /proc: the rig works under any name.
  }
}
