/** Hints from inotify(7) that something may have changed. They are never relied on: a stat once a second is the safety net. */
import type { FSWatcher } from 'node:fs';
import { readFileSync, watch } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { silentFileSystem } from './file-systems.ts';

export interface WakeUp {
  close(): void;
}

/** Where the kernel says how many events it keeps for a process that does not read them: it drops what comes then. */
const queueLimit = '/proc/sys/fs/inotify/max_queued_events';
let mostQueued: number | undefined;
let heardInThisTurn = 0;
let timesFull = 0;

/** How often so many events came in one go that others may have been dropped: Node does not tell that they were. */
export const timesEventsMayBeLost = (): number => timesFull;

function countEvent(): void {
  mostQueued ??= readQueueLimit();
  if (heardInThisTurn === 0) setImmediate(() => (heardInThisTurn = 0));
  if (++heardInThisTurn === mostQueued) timesFull++;
}

function readQueueLimit(): number {
  try {
    return Number(readFileSync(queueLimit, 'latin1'));
  } catch {
    // Without /proc: the kernel's default, see inotify(7).
    return 16_384;
  }
}

/**
 * Calls `onChange` when something happens to a path: `change` for a write, `rename` for anything that happens to names, with
 * the name in a folder that it is about; each event once, as long as the kernel's queue of them holds.
 * Returns undefined, after telling `onUnavailable` why, where its file system does not announce changes and when this host's
 * inotify limits are used up; also when there is no such path.
 */
export function wakeOn(
  path: string,
  onChange: (kind: 'change' | 'rename', name: Buffer | null) => void,
  onUnavailable: (reason: string) => void,
): WakeUp | undefined {
  const silent = silentFileSystem(path);
  if (silent !== undefined) {
    onUnavailable(`its file system (${silent}) does not announce changes`);
    return undefined;
  }
  try {
    const watcher: FSWatcher = watch(path, { encoding: 'buffer' }, (kind, name) => {
      countEvent();
      onChange(kind, name);
    });
    // A watcher that breaks is no loss: the safety net remains.
    watcher.on('error', () => watcher.close());
    return { close: () => watcher.close() };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOSPC') onUnavailable('all of fs.inotify.max_user_watches are in use');
    else if (errno === 'EMFILE') onUnavailable('all of fs.inotify.max_user_instances are in use');
    else if (errno !== 'ENOENT' && errno !== 'ENOTDIR') onUnavailable(`inotify: ${errno ?? String(error)}`);
    return undefined;
  }
}
