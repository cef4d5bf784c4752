/** Which files processes hold open, from /proc/PID/fd and fdinfo: see proc_pid_fd(5), proc_pid_fdinfo(5). */
import { constants } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { listPids } from './stat.ts';

const accessModes = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

/** The files that are asked for until the next search begins, by identity, and what it finds. */
let next: { wanted: Set<string>; held: Promise<Set<string>> } | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Whether any process but this one can still write to a file through a descriptor. `identity` is `<device>:<inode>`. Those
 * that only read do not count: two rigs, or a rig and `tail -F`, would otherwise keep a file open for each other for ever.
 * All that is asked for while one search goes on is found by the next: a rotation asks for hundreds of files at once.
 */
export async function isHeldForWriting(identity: string): Promise<boolean> {
  next ??= planSearch();
  next.wanted.add(identity);
  return (await next.held).has(identity);
}

function planSearch(): NonNullable<typeof next> {
  const wanted = new Set<string>();
  const held = last.then(() => {
    next = undefined;
    return findHeld(wanted);
  });
  last = held.catch(() => {});
  return { wanted, held };
}

async function findHeld(wanted: Set<string>): Promise<Set<string>> {
  const held = new Set<string>();
  for (const pid of await listPids()) {
    if (pid === process.pid) continue;
    // Processes and descriptors come and go meanwhile: what is gone holds nothing.
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
