/** Files to which no watched path leads any more. Their writers may go on for a while, so they are let go only later. */
import { WriterSearch } from '../../../../host/processes/writers.ts';
import type { Follower } from './follower.ts';

/** How many are kept open, at most: whoever may write to a log's folder can make any number of them. */
const mostNameless = 1000;

/** What the files are read by. */
export interface NamelessHost {
  nowMs(): number;
  /** Reads a slice of a file. Returns whether there may be more. */
  read(follower: Follower): boolean;
  /** Whether a file is still followed. */
  has(follower: Follower): boolean;
  end(follower: Follower): void;
}

export class NamelessFiles {
  readonly #host: NamelessHost;
  readonly #letGoAfterMs: number;
  readonly #writers = new WriterSearch();
  /** The oldest first. */
  readonly #files = new Set<Follower>();
  /** Those for which rig is looking for a process that can write to them. */
  readonly #sought = new Set<Follower>();

  /** A file is let go when it has been silent for `letGoAfterMs` and no process can write to it. */
  constructor(host: NamelessHost, letGoAfterMs: number) {
    this.#host = host;
    this.#letGoAfterMs = letGoAfterMs;
  }

  add(follower: Follower): void {
    this.#files.add(follower);
    const [oldest] = this.#files;
    if (this.#files.size > mostNameless && oldest) this.#letGoEarly(oldest);
  }

  delete(follower: Follower): void {
    this.#files.delete(follower);
  }

  /** Lets go of a file if it is time. */
  check(follower: Follower): void {
    if (this.#isSilent(follower) && !this.#sought.has(follower)) void this.#letGoUnlessHeld(follower);
  }

  #isSilent({ lastGrewMs }: Follower): boolean {
    return this.#host.nowMs() - lastGrewMs >= this.#letGoAfterMs;
  }

  /** Lets go of a file to which somebody may still write. What is left of it is read, unless that is much. */
  #letGoEarly(follower: Follower): void {
    this.#files.delete(follower);
    // A watched path may lead to it again.
    if (follower.names > 0 || follower.isBeingRead) return;
    this.#host.read(follower);
    if (!this.#host.has(follower)) return;
    follower.noteLetGoEarly(mostNameless);
    this.#host.end(follower);
  }

  async #letGoUnlessHeld(follower: Follower): Promise<void> {
    this.#sought.add(follower);
    const isHeld = await this.#writers.isHeld(follower.file.key);
    this.#sought.delete(follower);
    if (!this.#host.has(follower) || follower.names > 0) return;
    // A process may have written to it and let go of it since it was last read.
    const before = follower.file.offset;
    const mayBeMore = this.#host.read(follower);
    if (!this.#host.has(follower)) return;
    const hasGrown = follower.file.offset !== before || mayBeMore;
    if (isHeld || hasGrown || !this.#isSilent(follower)) follower.lastGrewMs = this.#host.nowMs();
    else this.#host.end(follower);
  }
}
