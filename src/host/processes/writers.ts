/** Which files processes can still write to, from /proc/PID/fd and fdinfo: see proc_pid_fd(5), proc_pid_fdinfo(5). */
import { constants } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { listPids, livingThread } from './stat.ts';

const accessModes = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

interface Search {
  wanted: Set<string>;
  held: Promise<Set<string>>;
}

/**
 * Looks for the writers of files. A search goes through every descriptor on the host, and a rotation asks for hundreds of
 * files at once: all that are asked for during one search share the next one.
 */
export class WriterSearch {
  #next: Search | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Whether any process but this one can still write to a file through a descriptor. `identity` is `<device>:<inode>`. Readers
   * do not count: two rigs, or a rig and `tail -F`, would otherwise keep a file open for each other for ever.
   */
  async isHeld(identity: string): Promise<boolean> {
    this.#next ??= this.#plan();
    this.#next.wanted.add(identity);
    return (await this.#next.held).has(identity);
  }

  #plan(): Search {
    const wanted = new Set<string>();
    const held = this.#last.then(() => {
      this.#next = undefined;
      return findHeld(wanted);
    });
    this.#last = held.catch(() => {});
    return { wanted, held };
  }
}

async function findHeld(wanted: Set<string>): Promise<Set<string>> {
  const held = new Set<string>();
  for (const pid of listPids().map(livingThread)) {
    if (pid === process.pid) continue;
    // A process or descriptor that is gone by the time it is looked at holds nothing.
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const file = await stat(`/proc/${pid}/fd/${fd}`, { bigint: true }).catch(() => undefined);
      const identity = file && `${file.dev}:${file.ino}`;
      if (identity === undefined || !wanted.has(identity) || held.has(identity)) continue;
      if (await isWritable(pid, fd)) held.add(identity);
    }
  }
  return held;
}

async function isWritable(pid: number, fd: string): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1').catch(() => '');
  const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
  return (flags & accessModes) !== constants.O_RDONLY;
}
