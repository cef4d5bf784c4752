/**
 * Which of the followed files are copies of others. What a copy of a log (copytruncate, `cp app.log app.log.1`) repeats is
 * examined in the log, its original; what was cut off from the original before it was read is read in the copy. A copy that was
 * renamed over the log (`sed -i`) goes on where the log was.
 */
import { fstatSync } from 'node:fs';
import { hasTakenOver, isCopyOf, isCopyUpTo, isLikelyTheSame, isMadeBeside, mayBeCopyOf } from './copies.ts';
import type { FileRecord } from './file-record.ts';
import type { FilePosition } from './followed-file.ts';
import { descriptorPath, FollowedFile } from './followed-file.ts';
import type { Rotated } from './neighbours.ts';
import { isRotationOf } from './neighbours.ts';
import type { OpenFile } from './open-file.ts';

/** How many slices are read at once of a file whose place another has taken: 64 MiB. */
const drainedSlices = 256;

const outOfSightDoubt = 'it was out of sight for a time, and what came and went meanwhile was not seen';

const none: readonly OpenFile[] = [];

const isReadable = ({ problem, isLost }: OpenFile): boolean => problem === undefined && !isLost;

/** The files that are followed, and what can be done with them. */
interface Followed {
  get(identity: string): OpenFile | undefined;
  all(): OpenFile[];
  /** Reads one slice, and finds out whether a file was truncated. Returns whether there may be more. */
  read(entry: OpenFile): boolean;
  /** Has a file read soon. */
  wake(entry: OpenFile): void;
  /** Follows a file to which no watched path leads. */
  addNameless(file: FollowedFile, record: FileRecord): void;
  /** What there is to read of a file is read in another: it is followed no more, and that it cannot be read is no gap. */
  leave(file: FollowedFile): void;
}

/** What was cut off from a followed file. */
interface CutOff {
  /** Where the examination of that file stood. */
  position: FilePosition;
  /** The file; undefined when it was not truncated, but lost sight of. */
  original: FollowedFile | undefined;
  /** Whether what it held has been found in a copy already. */
  isRecovered: boolean;
}

export class CopiedFiles {
  readonly #followed: Followed;
  /** The logs that all of a file is a copy of so far. */
  readonly #originals = new Map<OpenFile, OpenFile[]>();
  /** In whose place a file goes on, and from where. */
  readonly #heirs = new Map<FollowedFile, { previous: FollowedFile; offset: number }>();

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Has the logs read that a file may be a copy of: one that was truncated goes on in its copy. */
  readOriginals(copy: FollowedFile): void {
    for (const original of this.#candidates(copy)) this.#followed.read(original);
  }

  /**
   * Looks for the originals of a new file, and skips what it repeats: of one that had a log's name at most for a moment
   * (`isPassed`) any file is one that holds all of it. Of two that go on in the place of the same file the shorter is a copy of the
   * other, made before rig looked.
   */
  admit(entry: OpenFile, isPassed: boolean): void {
    const { file } = entry;
    const isOriginal = (other: OpenFile): boolean => other !== entry && isReadable(other) && isCopyOf(file, other.file);
    const others = file.offset === 0 && isPassed ? this.#followed.all().filter(isOriginal) : [];
    if (file.offset === 0) this.#seek(entry, (original) => mayBeCopyOf(file, original), others);
    if (!this.#heirs.has(entry.file)) return;
    for (const other of this.#followed.all()) if (this.#areHeirs(entry, other)) this.#skipShorter(other, entry);
  }

  /** Looks for the originals of a file that was written anew, and skips what it repeats. */
  readmit(entry: OpenFile): void {
    this.#seek(entry);
  }

  /** Skips what a copy repeats. Returns whether it is one still: what comes next is left to the next look. */
  skip(entry: OpenFile): boolean {
    // One may have been truncated: then what was not read of it is read in the copy.
    for (const original of this.#originalsOf(entry)) this.#followed.read(original);
    const originals = this.#originalsOf(entry);
    if (originals.length === 0) return false;
    const { file } = entry;
    const { size } = fstatSync(file.fd);
    const repeated = originals.filter((original) => isCopyUpTo(size, file, original.file));
    // Those that were truncated between that look and this comparison go on in the copy.
    for (const original of originals) if (!repeated.includes(original)) this.#followed.read(original);
    if (this.#originalsOf(entry) !== originals) return false;
    this.#originals.set(entry, repeated);
    if (repeated.length === 0) return false;
    // What was not read in an original yet may be cut off from it before it is.
    const isRead = repeated.some((original) => original.file.offset >= size);
    if (isRead && size > file.offset) file.skipToEnd(size);
    return true;
  }

  /** The files that are followed and were copies of a log so far, by paths that hold also where their names are gone. */
  copiesOf(log: FollowedFile): Rotated[] {
    const isCopy = ([, originals]: [OpenFile, OpenFile[]]): boolean => originals.some(({ file }) => file === log);
    const copies = [...this.#originals].filter(isCopy);
    return copies.map(([{ file }]) => ({ path: descriptorPath(file), stat: fstatSync(file.fd, { bigint: true }) }));
  }

  /**
   * Goes on in a file that holds what another one held before that was truncated: a copy made for rotation (copytruncate).
   * Returns how many bytes it holds that were not read there; undefined when it is no such copy. One beside another copy, by which
   * it `isRecovered`, holds nothing new. Throws what opening throws.
   */
  recover(path: string, { position, original, isRecovered }: CutOff, record: FileRecord): number | undefined {
    const opened = new FollowedFile(path);
    const known = this.#followed.get(opened.identity);
    const isRewritten = known?.file.startOverIfRewritten() ?? false;
    const originals = known ? this.#originalsOf(known) : [];
    const isUnread = !known || originals.length > 0 || known.file.offset === 0;
    const isOfOriginal = isRewritten || originals.some(({ file }) => file === original);
    const isCopy = isUnread && opened.isCopyOf(position);
    // The writer went on after the copy was made, and all of that was read.
    const isOfThat = isOfOriginal || (original !== undefined && isMadeBeside(opened, original));
    const isEarlier = isUnread && isOfThat && opened.isEarlierCopyOf(position);
    if (known || !(isCopy || isEarlier)) opened.close();
    if (!(isCopy || isEarlier)) return undefined;
    const file = known?.file ?? opened;
    if (isCopy && !isRecovered) file.goOnAt(position);
    else file.skipToEnd();
    if (known) {
      this.#originals.delete(known);
      known.records.add(record);
      this.#followed.wake(known);
    } else this.#followed.addNameless(opened, record);
    return isCopy ? fstatSync(file.fd).size - position.readTo : 0;
  }

  /**
   * Has a new file go on where the one of some had come to whose place it has taken, if it is a copy of it, or likely the same
   * after that was out of sight: then `record` is told. The place may be another's by now, where it was rotated since.
   */
  takeOver(opened: FollowedFile, known: FollowedFile[], record: FileRecord): void {
    const isOver = known.some((previous) => this.#takesOver(opened, previous, record));
    if (isOver) return;
    const rotated = this.#candidates(opened).filter((log) => isReadable(log) && hasTakenOver(opened, log.file));
    rotated.some(({ file }) => this.#takesOver(opened, file, record));
  }

  /** Whether a file has taken the place of one of some as a copy of it. */
  hasTakenOverAny(opened: FollowedFile, known: FollowedFile[]): boolean {
    return known.some((previous) => this.#entryOf(previous) && hasTakenOver(opened, previous));
  }

  /** Whether a file is followed, or holds only what one of the logs does whose rotated name it has. */
  isRepeating(copy: FollowedFile): boolean {
    const { size } = fstatSync(copy.fd);
    const isCopy = ({ file }: OpenFile): boolean => isCopyUpTo(size, copy, file);
    return this.#followed.get(copy.identity) !== undefined || this.#candidates(copy).some(isCopy);
  }

  /** A file is followed no more. */
  forget(entry: OpenFile): void {
    this.#heirs.delete(entry.file);
    this.#originals.delete(entry);
    for (const [copy, originals] of this.#originals)
      this.#originals.set(
        copy,
        originals.filter((each) => each !== entry),
      );
  }

  /** Whether two files go on in the place of the same one, and nothing more was read of either: one may be a copy of the other. */
  #areHeirs({ file }: OpenFile, { file: other }: OpenFile): boolean {
    const [one, two] = [this.#heirs.get(file), this.#heirs.get(other)];
    const isOne = file !== other && one !== undefined && one.previous === two?.previous && one.offset === two.offset;
    return isOne && file.offset === one.offset && other.offset === one.offset;
  }

  #skipShorter(one: OpenFile, other: OpenFile): void {
    const [oneSize, otherSize] = [fstatSync(one.file.fd).size, fstatSync(other.file.fd).size];
    const [copy, original] = oneSize <= otherSize ? [one, other] : [other, one];
    this.#originals.set(copy, [...this.#originalsOf(copy), original]);
    // Now, while it can be compared: once its original was truncated, it would be read as what goes on there.
    this.skip(copy);
  }

  #originalsOf(entry: OpenFile): readonly OpenFile[] {
    return this.#originals.get(entry) ?? none;
  }

  /**
   * A file at its beginning may be a copy of a log that is followed and whose name it has as rotation changes it (copytruncate to
   * a name that is watched): then it goes on where the log was truncated, or behind what it repeats.
   */
  #seek(
    entry: OpenFile,
    mayBe: (original: FollowedFile) => boolean = () => true,
    others: readonly OpenFile[] = none,
  ): void {
    // Of two files each cannot be the copy of the other: both would be passed over.
    const isOther = (original: OpenFile): boolean =>
      isReadable(original) && !this.#originalsOf(original).includes(entry) && mayBe(original.file);
    const candidates = this.#candidates(entry.file);
    const originals = [...new Set([...candidates.filter(isOther), ...others])];
    this.#originals.set(entry, originals);
    // One that was truncated since it was read, and renamed, no longer looks like an original, and goes on in this copy as well.
    for (const each of candidates) if (!originals.includes(each)) this.#followed.read(each);
    this.skip(entry);
  }

  /** The files that have, or had, a name that a copy has as rotation changes it. */
  #candidates(copy: FollowedFile): OpenFile[] {
    const names = [...new Set([...copy.names, copy.place])];
    const isOriginal = ({ file }: OpenFile): boolean =>
      file.identity !== copy.identity && names.some((name) => file.names.some((log) => isRotationOf(name, log)));
    return this.#followed.all().filter(isOriginal);
  }

  /** Undefined where a file is followed no more: by now its number may be that of another, and so may its descriptor. */
  #entryOf(file: FollowedFile): OpenFile | undefined {
    const entry = this.#followed.get(file.identity);
    return entry?.file === file ? entry : undefined;
  }

  #takesOver(opened: FollowedFile, previous: FollowedFile, record: FileRecord): boolean {
    const entry = this.#entryOf(previous);
    let hasMore = entry !== undefined;
    for (let slices = 0; entry && hasMore && slices < drainedSlices; slices++) hasMore = this.#followed.read(entry);
    if (hasMore) return false;
    // Gone from its network file system (ESTALE), or with it, or replaced on one that does not say by what.
    const isGone = !entry || entry.isLost || entry.problem !== undefined || opened.device !== previous.device;
    if (!(isGone ? isLikelyTheSame : hasTakenOver)(opened, previous)) return false;
    opened.continueFrom(previous);
    this.#heirs.set(opened, { previous, offset: previous.offset });
    previous.leaveTail();
    if (isGone) {
      opened.takeFigures(previous);
      record.doubt(outOfSightDoubt);
      this.#followed.leave(previous);
    }
    return true;
  }
}
