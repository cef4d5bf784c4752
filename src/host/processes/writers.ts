/** Which files processes can still write to, from /proc/PID/fd and fdinfo: see proc_pid_fd(5), proc_pid_fdinfo(5). */
import { constants } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { aside } from '../aside.ts';
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
  const inodes = new Set([...wanted].map((identity) => identity.split(':')[1]));
  const candidates: string[] = [];
  for (const pid of listPids().map(livingThread)) {
    if (pid === process.pid) continue;
    // A process or descriptor that is gone by the time it is looked at holds nothing.
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => []))
      if (await mayWrite(pid, fd, inodes)) candidates.push(`/proc/${pid}/fd/${fd}`);
  }
  const identities = await aside.identify(candidates);
  // Where the files do not answer, there may be a writer.
  return identities === undefined ? wanted : new Set(identities.values());
}

/** Whether a descriptor can be written to, and may be one of a file with one of these inodes. */
async function mayWrite(pid: number, fd: string, inodes: ReadonlySet<string | undefined>): Promise<boolean> {
  const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1').catch(() => '');
  const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
  if ((flags & accessModes) === constants.O_RDONLY) return false;
  // Since kernel 5.14.
  const inode = /^ino:\s*(\d+)/m.exec(info)?.[1];
  if (inode !== undefined) return inodes.has(inode);
  return (await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')).startsWith('/');
}
