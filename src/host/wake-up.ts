/** Hints from inotify(7) that something may have changed. Nobody relies on them: a stat once a second is the safety net. */
import type { FSWatcher } from 'node:fs';
import { readFileSync, watch } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { silentFileSystem } from './file-systems.ts';

export interface WakeUp {
  close(): void;
}

/** How many events the kernel queues; it drops those that come when the queue is full. See inotify(7). */
function readQueueLimit(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'));
  } catch {
    // Without /proc: the kernel's default.
    return 16_384;
  }
}

/** The queue of events: libuv has one for each event loop, so there is one in this process for all watchers. */
class EventQueue {
  #limit: number | undefined;
  #heardInThisTurn = 0;
  /** How often it may have been full. */
  timesFull = 0;

  /** To be called for each event. As many in one turn of the event loop as the queue can hold mean that it may have been full. */
  count(): void {
    this.#limit ??= readQueueLimit();
    if (this.#heardInThisTurn === 0)
      setImmediate(() => {
        this.#heardInThisTurn = 0;
      });
    if (++this.#heardInThisTurn === this.#limit) this.timesFull++;
  }
}

const queue = new EventQueue();

/** How often the kernel may have dropped events because they came too fast: Node does not report it. */
export const timesEventsMayBeLost = (): number => queue.timesFull;

/**
 * Calls `onChange` when something happens to a path: `change` for a write, `rename` when a name appears or goes, with that name
 * if the path is a folder. Returns undefined when there is no such path, and when it cannot be watched: its file system announces
 * no changes, or this host's inotify limits are used up. `onUnavailable` gets the reason why it cannot be watched.
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
      queue.count();
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
