/** Files to which no watched path leads any more. Their writers may go on for a while, so they are let go only later. */
import { dirname } from 'node:path';
import { mostDescriptors } from '../../../../host/limits.ts';
import { WriterSearch } from '../../../../host/processes/writers.ts';
import type { Follower } from './follower.ts';

/** How many are kept open, at most: whoever may write to a log's folder can make any number of them. */
const mostNameless = 1000;
/** No rotation leaves so many of one log. Each is compared with the others. */
const mostOfOneLog = 50;
/** Where few files may be open, they get no more than this part, so that each log can go on in a new file. */
const partOfDescriptors = 1 / 4;

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
  readonly #most = Math.min(mostNameless, Math.floor(mostDescriptors() * partOfDescriptors));
  /** By the folder that each is in, or was in: who may write to it owns them all. The oldest first. */
  readonly #byFolder = new Map<string, Set<Follower>>();
  /** Those for which rig is looking for a process that can write to them. */
  readonly #sought = new Set<Follower>();

  /** A file is let go when it has been silent for `letGoAfterMs` and no process can write to it. */
  constructor(host: NamelessHost, letGoAfterMs: number) {
    this.#host = host;
    this.#letGoAfterMs = letGoAfterMs;
  }

  /** If the log has too many now, it loses its oldest; if all have, the folder that has the most of them does. */
  add(follower: Follower): void {
    this.delete(follower);
    const folder = dirname(follower.file.place);
    const files = this.#byFolder.get(folder) ?? new Set();
    this.#byFolder.set(folder, files.add(follower));
    const ofLog = [...files].filter(({ certificates }) => !certificates.isDisjointFrom(follower.certificates));
    if (ofLog.length > mostOfOneLog && ofLog[0]) this.#letGoEarly(ofLog[0], mostOfOneLog);
    const bySize = [...this.#byFolder.values()].sort((one, other) => other.size - one.size);
    const count = bySize.reduce((sum, { size }) => sum + size, 0);
    const [oldest] = bySize[0] ?? [];
    if (count > this.#most && oldest) this.#letGoEarly(oldest, this.#most);
  }

  delete(follower: Follower): void {
    for (const [folder, files] of this.#byFolder)
      if (files.delete(follower) && files.size === 0) this.#byFolder.delete(folder);
  }

  /** Lets go of a file if it is time. */
  check(follower: Follower): void {
    if (this.#isSilent(follower) && !this.#sought.has(follower)) void this.#letGoUnlessHeld(follower);
  }

  #isSilent({ lastGrewMs }: Follower): boolean {
    return this.#host.nowMs() - lastGrewMs >= this.#letGoAfterMs;
  }

  /** Lets go of a file to which somebody may still write. What is left of it is read, unless that is much. */
  #letGoEarly(follower: Follower, most: number): void {
    this.delete(follower);
    // A watched path may lead to it again.
    if (follower.names > 0 || follower.isBeingRead) return;
    this.#host.read(follower);
    if (!this.#host.has(follower)) return;
    follower.noteLetGoEarly(most);
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
