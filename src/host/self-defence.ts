/** Settings that keep this process from harm, and the host from harm by it. Its children do not get them. */
import { readFileSync, writeFileSync } from 'node:fs';

interface Setting {
  /** A file of /proc/self, whose value is inherited by fork(2) and kept by execve(2). */
  path: string;
  /** The value for this process. */
  own: string;
  /** The value for its children. */
  children: string;
}

/** What was set: like /proc/self, there is one for the whole process. */
const settings: Setting[] = [];

/** Sets one of them. `children` makes the value for children from the one that this process had. */
function set(path: string, own: string, children: (before: string) => string): void {
  try {
    const before = readFileSync(path, 'utf8').trim();
    writeFileSync(path, own);
    settings.push({ path, own, children: children(before) });
  } catch {
    // A container may deny it (CAP_SYS_RESOURCE), or the kernel lacks it (CONFIG_ELF_CORE): the rig works without it.
  }
}

/**
 * Protects this process and the host. When memory runs out, the kernel kills others first, for that may be just what the rig
 * waits for: proc_pid_oom_score_adj(5). A core of this process has no memory in it, because the memory holds lines of logs and
 * the disk is the host's: coredump_filter in core(5).
 */
export function defendSelf(): void {
  set('/proc/self/oom_score_adj', '-500', () => '0');
  // The kernel shows hexadecimal digits such as 00000033, and would take those for octal without 0x.
  set('/proc/self/coredump_filter', '0', (before) => `0x${before}`);
}

function write(choose: (setting: Setting) => string): void {
  for (const setting of settings) {
    try {
      writeFileSync(setting.path, choose(setting));
    } catch {
      // It could be written before. A child with this process's value is better than no child.
    }
  }
}

/**
 * Starts a child with the values for children. `start` must have forked when it returns, as child_process.spawn has: then this
 * process gets its own values back.
 */
export function startUndefended<T>(start: () => T): T {
  write(({ children }) => children);
  try {
    return start();
  } finally {
    write(({ own }) => own);
  }
}
