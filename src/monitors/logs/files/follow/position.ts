/** How far a file has been examined: enough to go on in another file that holds the same bytes up to there. */
import type { LongLine } from '../../matching/long-line.ts';
import { Fingerprint } from './fingerprint.ts';

export class Position {
  /** Where the first line begins that was not examined; within a long line, where its next part begins. */
  lineStart = 0;
  /** Up to where bytes were read. Between the two is an unfinished line, read again when its newline has come. */
  readTo = 0;
  /** The line that is examined in parts, or that has counted before its newline came. */
  longLine: LongLine | undefined;
  /** Up to where the unfinished line was examined as it stood. */
  tailExaminedTo = 0;
  /** What is known of the bytes before `readTo`. */
  fingerprint = new Fingerprint();

  copy(): Position {
    const copy = new Position();
    Object.assign(copy, this, { longLine: this.longLine?.copy(), fingerprint: this.fingerprint.copy() });
    return copy;
  }
}
