/** What keeps one file read: its watch, the certificates that it belongs to, and what went wrong. */
import { messageOf, RigError } from '../../../../errors.ts';
import { descriptorPath } from '../../../../host/descriptors.ts';
import { silentFileSystem } from '../../../../host/file-systems.ts';
import { type WakeUp, wakeOn } from '../../../../host/wake-up.ts';
import type { OnLine } from '../../matching/long-line.ts';
import type { Matcher } from '../../matching/matcher.ts';
import { type Certificate, longLinesDoubt, pollingDoubt } from '../certificate.ts';
import type { FollowedFile, Truncation } from './followed-file.ts';

const truncatedUnread = 'truncated before it was read';
const truncationDoubt =
  'it was truncated, and what was written just before, or between two truncations, may be gone unread';
const holeDoubt = 'NUL bytes were passed over in it, and what is written in their place later is not seen';
const passedOver = 'a hole was passed over, and it is not known that no lines stand in it';
const renamedUnseen = 'its name has gone to another file, and its file system finds open files by name';

export class Follower {
  readonly file: FollowedFile;
  /** The certificates of the paths that it was reached by. */
  readonly certificates: Set<Certificate>;
  /** How many watched paths lead to it. */
  names = 1;
  /** When it last grew or lost a name: milliseconds on the rig's clock. */
  lastGrewMs = 0;
  /** Files refer to each other as copies and originals: none is read while it is being read. */
  isBeingRead = false;
  readonly #matcher: Matcher;
  readonly #onLine: OnLine;
  readonly #remark: (text: string) => void;
  /** Its file system does not announce changes; like FUSE, it may find an open file by its name. */
  readonly #isSilent: boolean;
  #wakeUp: WakeUp | undefined;
  #pollingReason: string | undefined;
  /** Why it could not be read at the last try. */
  #problem: string | undefined;
  #isProblemTold = false;

  constructor(
    file: FollowedFile,
    certificates: Set<Certificate>,
    { matcher, onLine, remark }: { matcher: Matcher; onLine: OnLine; remark(text: string): void },
  ) {
    this.file = file;
    this.certificates = certificates;
    this.#matcher = matcher;
    this.#onLine = onLine;
    this.#remark = remark;
    this.#isSilent = silentFileSystem(descriptorPath(file.fd)) !== undefined;
  }

  /** Has inotify tell of changes; `onPolling` is called when it is not to be had. */
  watch(onChange: (kind: 'change' | 'rename') => void, onPolling: (reason: string) => void): void {
    this.#wakeUp = wakeOn(descriptorPath(this.file.fd), onChange, (reason) => {
      this.#pollingReason = reason;
      onPolling(reason);
    });
  }

  unwatch(): void {
    this.#wakeUp?.close();
  }

  get isPolled(): boolean {
    return this.#wakeUp === undefined;
  }

  get isReadable(): boolean {
    return this.#problem === undefined;
  }

  /**
   * Reads and examines at most one slice, unless the file is found to be `isRepeating` what another one holds. Returns whether
   * there may be more. Throws what reading throws.
   */
  examineSlice(isRepeating: () => boolean): boolean {
    if (this.#isSilent && this.file.shownKey !== this.file.key) throw new RigError(renamedUnseen);
    this.#problem = undefined;
    return !isRepeating() && this.file.readSlice(this.#matcher, this.#onLine);
  }

  /** Examines the unfinished last line. Throws what reading throws. */
  examineTail(): void {
    this.file.examineTail(this.#matcher, this.#onLine);
  }

  /** It could not be read: says so, the first time. */
  fail(error: unknown): void {
    this.#problem = messageOf(error);
    if (!this.#isProblemTold) this.#remark(`${this.file.path}: cannot be read: ${this.#problem}`);
    this.#isProblemTold = true;
  }

  /** That it cannot be read is no gap any more: another file holds what it held. */
  excuse(): void {
    this.#problem = undefined;
  }

  /** What its certificates say of it while it is followed, and note for good when it is not. */
  get shortcomings(): { doubts: string[]; gaps: string[] } {
    return {
      doubts: [
        ...(this.file.figures.longLines > 0 ? [longLinesDoubt] : []),
        ...(this.file.hasHole ? [holeDoubt] : []),
        ...(this.#wakeUp ? [] : [pollingDoubt(this.#pollingReason)]),
      ],
      gaps: this.#problem === undefined ? [] : [`cannot be read: ${this.#problem}`],
    };
  }

  /** Notes what it held before it was truncated. `lostBytes` were not read, and no copy holds them. */
  noteTruncation({ span }: Truncation, lostBytes: number): void {
    for (const certificate of this.certificates) {
      certificate.end({ ...span, ended: 'truncated' });
      certificate.doubt(truncationDoubt);
      if (lostBytes > 0) certificate.gaps.addBytes(truncatedUnread, lostBytes);
    }
  }

  /** Notes that a hole was passed over that may not be empty. */
  notePassedOver(): void {
    for (const certificate of this.certificates) certificate.gaps.add(passedOver);
  }

  /** It is let go while it may still be written to, because more than `most` files have lost their names. */
  noteLetGoEarly(most: number): void {
    for (const certificate of this.certificates)
      certificate.gaps.add(
        `over ${most} files lost their names within a short time: what is written to the oldest is not read`,
      );
  }

  /** It is followed no more: notes that in its certificates and closes it. */
  end(): void {
    const { doubts, gaps } = this.shortcomings;
    for (const certificate of this.certificates) {
      certificate.end({ ...this.file.span, ended: 'let go' });
      for (const doubt of doubts) certificate.doubt(doubt);
      for (const gap of gaps) certificate.gaps.add(gap);
    }
    this.unwatch();
    this.file.close();
  }
}
