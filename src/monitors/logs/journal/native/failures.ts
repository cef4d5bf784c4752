/** Files that cannot be read. What looks broken may only be half written, so rig tries for two seconds before it gives up. */
import type { Clock } from '../../../../host/clock.ts';
import { JournalFileError } from '../format/journal-file.ts';
import type { HeldFile } from './held-file.ts';
import type { HeldFiles } from './held-files.ts';

const graceMs = 2000;

/** A file that cannot be read on, or the path of one that cannot be opened. */
type Unreadable = HeldFile | string;

export class Failures {
  readonly #files: HeldFiles;
  readonly #clock: Clock;
  /** What could not be read in this look. */
  readonly #failed = new Set<Unreadable>();
  /** The entry at which each of them fails, and since when. */
  readonly #known = new Map<Unreadable, { next: number; sinceMs: number; error: unknown }>();

  constructor(files: HeldFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  beginLook(): void {
    this.#failed.clear();
  }

  /** Notes a failure in this look. The next look tries again. */
  note(what: Unreadable, error: unknown): void {
    if (typeof what === 'string') this.#files.isScanDue = true;
    const next = typeof what === 'string' ? 0 : what.next;
    const before = this.#known.get(what);
    const sinceMs = before?.next === next ? before.sinceMs : this.#clock.nowMs();
    this.#known.set(what, { next, sinceMs, error });
    this.#failed.add(what);
  }

  has(held: HeldFile): boolean {
    return this.#failed.has(held);
  }

  /**
   * Gives up what is lost. `onUnreadable` hears of each; if it returns true, another reader takes over, and nothing more is
   * done. Returns whether all that is left could be read.
   */
  endLook(onUnreadable: (error: unknown) => boolean): boolean {
    for (const [what, { sinceMs, error }] of this.#known) {
      const isOver = !this.#failed.has(what);
      // journald empties a file that it vacuums. Later entries have numbers that show how many were missed.
      const isVacuumed = typeof what !== 'string' && what.path === undefined;
      const isForGood = error instanceof JournalFileError && error.kind === 'unsupported';
      const isLost = isForGood || this.#clock.nowMs() - sinceMs >= graceMs;
      if (!isOver && !isVacuumed && !isLost) continue;
      this.#known.delete(what);
      if (isOver) continue;
      if (!isVacuumed && onUnreadable(error)) return false;
      this.#failed.delete(what);
      this.#files.giveUp(what);
    }
    return this.#failed.size === 0;
  }
}
