/** What keeps this process from harm, and the host from harm by it; its children do not inherit it. */
import { readFileSync, writeFileSync } from 'node:fs';

interface Setting {
  /** A file of /proc/self, inherited by fork(2) and kept by execve(2). */
  path: string;
  own: string;
  children: string;
}

const settings: Setting[] = [];

/** Sets one of them. `children` gives what they get, from what this process had. */
function set(path: string, own: string, children: (before: string) => string): void {
  try {
    const before = readFileSync(path, 'utf8').trim();
    writeFileSync(path, own);
    settings.push({ path, own, children: children(before) });
  } catch {
    // A container may deny it (CAP_SYS_RESOURCE), and a kernel may not have it (CONFIG_ELF_CORE): the rig works without.
  }
}

/**
 * Protects this process. When memory runs out the kernel takes others first: what a rig waits for may be just that
 * (oom_score_adj, proc_pid_oom_score_adj(5)). Should it crash, its core, if there is one at all, has no memory in it: the
 * memory holds lines of logs, and it is the host's disk (coredump_filter, core(5)).
 */
export function defendSelf(): void {
  set('/proc/self/oom_score_adj', '-500', () => '0');
  // It is read as hexadecimal digits, and written as a number of C: without the 0x it would be octal.
  set('/proc/self/coredump_filter', '0', (before) => `0x${before}`);
}

function write(choose: (setting: Setting) => string): void {
  for (const setting of settings) {
    try {
      writeFileSync(setting.path, choose(setting));
    } catch {
      // It could be written before. A child that keeps this process's value is worth more than none.
    }
  }
}

/**
 * Starts a child that does not inherit what protects this process. `start` must have forked when it returns, as
 * child_process.spawn has; nothing else runs in between.
 */
export function startUndefended<T>(start: () => T): T {
  write(({ children }) => children);
  try {
    return start();
  } finally {
    write(({ own }) => own);
  }
}
