/** Takes in the file that a path leads to: it may be followed already, or go on in the place of another one. */
import type { Certificate } from '../certificate.ts';
import { FollowedFile } from '../follow/followed-file.ts';
import { inodeKey } from '../follow/opened-file.ts';
import type { ReadLoop } from '../follow/read-loop.ts';
import { hasTakenOver, isLikelyTheSame, mayBeCopyOf } from './compare.ts';
import type { Neighbour } from './neighbours.ts';
import type { Originals } from './originals.ts';

/** How many slices are read at once of a file whose place another has taken: 64 MiB. */
const drainedSlices = 256;

const outOfSightDoubt = 'it was out of sight for a time, and what came and went meanwhile was not seen';

export class Intake {
  readonly #loop: ReadLoop;
  readonly #originals: Originals;
  readonly #onUnknown: (names: string[]) => void;

  /** `onUnknown` is called when a file was opened that is to be read from its beginning, before it is. */
  constructor(loop: ReadLoop, originals: Originals, onUnknown: (names: string[]) => void) {
    this.#loop = loop;
    this.#originals = originals;
    this.#onUnknown = onUnknown;
  }

  /**
   * Follows a file that was opened by a watched path, from its beginning or its end. A file that is followed already just goes
   * on, and so does one that holds what one of the `known` files held, in whose place it is. What becomes of it is noted in
   * `certificate`. Every call is paired with a release in the read loop. Throws what reading throws; the file is closed then.
   */
  acquire(
    opened: FollowedFile,
    at: 'beginning' | 'end',
    certificate: Certificate,
    known: FollowedFile[],
  ): FollowedFile {
    if (at === 'beginning') {
      if (!this.#loop.has(opened.key)) this.#onUnknown(opened.names);
      this.#originals.readLogsOf(opened);
    }
    const same = this.#loop.get(opened.key);
    if (same) {
      opened.close();
      same.names++;
      same.certificates.add(certificate);
      return same.file;
    }
    try {
      if (at === 'end') opened.skipToEnd();
      else known.some((previous) => this.#takesOver(opened, previous, certificate));
    } catch (error) {
      opened.close();
      throw error;
    }
    const follower = this.#loop.add(opened, certificate);
    if (opened.offset === 0) this.#originals.seek(follower, (original) => mayBeCopyOf(opened, original));
    return opened;
  }

  /** Reads a neighbour that had one of a log's `names` only between two looks. Throws what opening throws. */
  readPassed({ path, stat }: Neighbour, names: string[], certificate: Certificate, known: FollowedFile[]): void {
    const opened = new FollowedFile(path, names);
    const isMeant = opened.key === inodeKey(stat) && !this.#loop.has(opened.key);
    if (isMeant) this.#loop.release(this.acquire(opened, 'beginning', certificate, known));
    else opened.close();
  }

  /** Has a new file go on where another one had come to, if it has taken its place as a copy of it. */
  #takesOver(opened: FollowedFile, previous: FollowedFile, certificate: Certificate): boolean {
    const follower = this.#loop.of(previous);
    let hasMore = follower !== undefined;
    for (let slices = 0; follower && hasMore && slices < drainedSlices; slices++) hasMore = this.#loop.read(follower);
    if (hasMore) return false;
    // Its file system is gone or was mounted anew, or shows another file through the descriptor (FUSE, overlays).
    const isExchanged = follower?.isReadable === true && previous.shownKey === opened.key;
    const isGone = !follower?.isReadable || isExchanged || opened.device !== previous.device;
    const isOver = isExchanged
      ? previous.isContinuedIn(opened)
      : (isGone ? isLikelyTheSame : hasTakenOver)(opened, previous);
    if (!isOver) return false;
    opened.goOnAt(previous.position);
    previous.leaveTail();
    if (isGone) {
      opened.figures = previous.figures;
      certificate.doubt(outOfSightDoubt);
      this.#loop.leave(previous);
    }
    return true;
  }
}
