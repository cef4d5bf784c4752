/** Files that cannot be read. What looks broken may only be half written, so rig tries for two seconds before it gives up. */
import type { Clock } from '../../../../host/clock.ts';
import { JournalFileError } from '../format/journal-file.ts';
import type { HeldFile } from './held-file.ts';
import type { HeldFiles } from './held-files.ts';

const graceMs = 2000;

export class Failures {
  readonly #files: HeldFiles;
  readonly #clock: Clock;
  /** The files that could not be read in this look. */
  readonly #failed = new Set<HeldFile>();
  /** The paths of new files that cannot be opened, since when. */
  readonly #unopened = new Map<string, number>();
  /** The files to give up at the end of this look. */
  #lost: Array<{ error: Error; giveUp(): void }> = [];

  constructor(files: HeldFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  beginLook(): void {
    this.#failed.clear();
  }

  /** Notes a file that cannot be read on in this look. */
  noteHeld(held: HeldFile, error: unknown): void {
    this.#failed.add(held);
    // journald empties a file that it vacuums. Later entries have numbers that show how many were missed.
    if (held.path === undefined) return;
    const { next } = held;
    if (held.failure?.next !== next) held.failure = { next, sinceMs: this.#clock.nowMs() };
    if (this.#isLost(error, held.failure.sinceMs)) this.#lose(error, () => this.#files.release(held));
  }

  /** Notes a new file that cannot be opened. It is tried again in the next look. */
  notePath(path: string, error: unknown): void {
    const sinceMs = this.#unopened.get(path) ?? this.#clock.nowMs();
    this.#unopened.set(path, sinceMs);
    this.#files.planScan();
    if (!this.#isLost(error, sinceMs)) return;
    this.#unopened.delete(path);
    this.#lose(error, () => this.#files.giveUp(path));
  }

  has(held: HeldFile): boolean {
    return this.#failed.has(held);
  }

  /**
   * Gives up the files that are lost. `onUnreadable` hears of each; if it returns true, another reader takes over, and nothing
   * more is done. Returns whether all files that are left could be read.
   */
  endLook(onUnreadable: (error: Error) => boolean): boolean {
    const lost = this.#lost;
    this.#lost = [];
    for (const { error, giveUp } of lost) {
      if (onUnreadable(error)) return false;
      giveUp();
    }
    for (const held of this.#failed) {
      if (held.path !== undefined) continue;
      this.#files.release(held);
      this.#failed.delete(held);
    }
    return this.#failed.size === 0;
  }

  #isLost(error: unknown, sinceMs: number): boolean {
    const isForGood = error instanceof JournalFileError && error.kind === 'unsupported';
    return isForGood || this.#clock.nowMs() - sinceMs >= graceMs;
  }

  #lose(error: unknown, giveUp: () => void): void {
    this.#lost.push({ error: error instanceof Error ? error : new Error(String(error)), giveUp });
  }
}
