/** A journal file that new entries may be in. */
import type { JournalFile } from '../format/journal-file.ts';
import { isLiveName, isRuntime } from '../locations.ts';

/** A deleted file that journald did not close is let go when nothing came for this long. */
const letGoAfterMs = 60_000;

export class HeldFile {
  readonly file: JournalFile;
  /** It has come after arming. */
  readonly isNew: boolean;
  /** It is in memory: journald may copy its entries to disk. */
  readonly isRuntime: boolean;
  /** It is of a namespace beside the journal, whose journald numbers its entries by itself. */
  readonly isOfNamespace: boolean;
  /** The ordinal of the next entry to be examined. */
  next: number;
  /** The number of the last entry before that. */
  lastNumber = Number.NaN;
  /** Its present path; undefined once it is deleted. */
  path: string | undefined;
  /** Another file with the same id has taken its place, perhaps with more in it. */
  hasSuccessor = false;
  /** When it last had something new, or lost its name. */
  changedMs: number;
  /**
   * - open: journald may write to it
   * - closing: journald will not; what its header says is all
   * - reference: it has been read, and is kept to recognize copies of its entries
   */
  stage: 'open' | 'closing' | 'reference' = 'open';

  constructor(
    file: JournalFile,
    { path, ...how }: Pick<HeldFile, 'next' | 'isNew' | 'isOfNamespace'> & { path: string },
    nowMs: number,
  ) {
    this.file = file;
    this.path = path;
    this.next = how.next;
    this.isNew = how.isNew;
    this.isOfNamespace = how.isOfNamespace;
    this.isRuntime = isRuntime(path);
    this.changedMs = nowMs;
  }

  get hasMore(): boolean {
    return this.next < this.file.header.entries;
  }

  /** Whether journald has stopped writing to it. */
  isClosed(nowMs: number): boolean {
    if (this.path !== undefined) return !isLiveName(this.path);
    if (this.hasSuccessor || this.file.header.state !== 'online') return true;
    return nowMs - this.changedMs > letGoAfterMs;
  }
}
