/**
 * The files that are being followed, each once, whatever names lead to it. A file stays here after its name has gone to
 * another (rotation by rename): its writer may go on writing to it for a while.
 */
import { fstatSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoOf, messageOf } from '../../../errors.ts';
import { holding } from '../../../host/event-loop.ts';
import { silentFileSystem } from '../../../host/file-systems.ts';
import { namesIn } from '../../../host/folders.ts';
import { isHeldForWriting } from '../../../host/open-files.ts';
import type { Json } from '../../../json.ts';
import type { Matcher } from '../matching/matcher.ts';
import type { SourceContext } from '../source.ts';
import { hasTakenOver, isCopyOf, isCopyUpTo, isLikelyTheSame, mayBeCopy } from './copies.ts';
import type { FileRecord } from './file-record.ts';
import { longLinesDoubt, pollingDoubt, utf16Gap, utf16Remark } from './file-record.ts';
import type { OnFileMatch, Truncation } from './followed-file.ts';
import { FollowedFile, identityOf } from './followed-file.ts';
import { isRotatedName, isRotationOf } from './neighbours.ts';
import { SuppressedLines } from './suppressed-lines.ts';
import type { WakeUp } from './wake-up.ts';
import { wakeOn } from './wake-up.ts';

/** How many slices are read at once of a file whose place another has taken: 64 MiB. */
const drainedSlices = 256;
/** How long it must be silent before its unfinished last line is taken for complete. */
const tailAfterMs = 1000;

interface Entry {
  file: FollowedFile;
  /** The certificates of the paths that it was reached by. */
  records: Set<FileRecord>;
  matcher: Matcher;
  /** Undefined: polled, for a reason. */
  wakeUp: WakeUp | undefined;
  pollingReason: string | undefined;
  /** Whether its file system does not announce changes: then names may lead elsewhere without a word, too. */
  isSilent: boolean;
  /** Whether it could not be found by any name, on such a file system, when it was to be read. */
  isLost: boolean;
  /** How many of the watched paths lead to it. */
  names: number;
  /** When it last grew, or lost its last name, in milliseconds on the monotonic clock. */
  lastGrewMs: number;
  isHolderSought: boolean;
  isEncodingTold: boolean;
  /** Whether the user has been told that it cannot be read. */
  hasFailed: boolean;
  /** Why it could not be read at the last try. */
  problem: string | undefined;
  /** The logs that all of it is a copy of so far: what it holds is examined there. */
  originals: Entry[];
}

/** What the file held before may stand in a copy. Says how many bytes that were not read are found there. */
type OnTruncated = (file: FollowedFile, truncation: Truncation) => number;

const truncatedUnread = 'truncated before it was read';
const outOfSightDoubt = 'it was out of sight for a time, and what came and went meanwhile was not seen';
const lostDoubt = 'it was rotated to where it was not found again';
const truncationDoubt = 'it was truncated, and what was written in the moment before would be gone unread';

export class OpenFiles {
  readonly #entries = new Map<string, Entry>();
  readonly #pending = new Set<Entry>();
  readonly #suppressedLines = new SuppressedLines();
  readonly #context: SourceContext;
  readonly #onMatch: OnFileMatch;
  readonly #onMoved: () => void;
  readonly #onTruncated: OnTruncated;
  readonly #onPolling: (path: string, reason: string) => void;
  readonly #letGoAfterMs: number;
  #isTurnDue = false;
  #isStopped = false;
  #isClosed = false;

  /**
   * `onMoved` is called when a file's name may have changed, `onTruncated` when it was found to hold something else than
   * what was read, `onPolling` when inotify is not to be had. A file without a name
   * is let go when it has been silent for `letGoAfterMs` and no process can write to it.
   */
  constructor(options: {
    context: SourceContext;
    onMatch: OnFileMatch;
    onMoved: () => void;
    onTruncated: OnTruncated;
    onPolling: (path: string, reason: string) => void;
    letGoAfterMs: number;
  }) {
    this.#context = options.context;
    this.#onMatch = options.onMatch;
    this.#onMoved = options.onMoved;
    this.#onTruncated = options.onTruncated;
    this.#onPolling = options.onPolling;
    this.#letGoAfterMs = options.letGoAfterMs;
  }

  has(identity: string): boolean {
    return this.#entries.has(identity);
  }

  all(): FollowedFile[] {
    return [...this.#entries.values()].map(({ file }) => file);
  }

  /** The certificate of a path, with what is still open of the files that it was reached by. */
  certificate(record: FileRecord): { [key: string]: Json } {
    const entries = [...this.#entries.values()].filter(({ records }) => records.has(record));
    const doubts = entries.flatMap(({ file, wakeUp, pollingReason }) => [
      ...(file.longLines > 0 ? [longLinesDoubt] : []),
      ...(wakeUp ? [] : [pollingDoubt(pollingReason)]),
    ]);
    const gaps = entries.flatMap(({ file, problem }) => [
      ...(problem === undefined ? [] : [`cannot be read: ${problem}`]),
      ...(file.isUtf16 ? [utf16Gap] : []),
    ]);
    return record.status(
      entries.map(({ file }) => file.span),
      { doubts, gaps },
    );
  }

  /** Whether a file is still open that belongs to a certificate. */
  isInUse(record: FileRecord): boolean {
    return [...this.#entries.values()].some(({ records }) => records.has(record));
  }

  isPolled(file: FollowedFile): boolean {
    return this.#entries.get(file.identity)?.wakeUp === undefined;
  }

  /**
   * Opens what a path leads to, at its beginning or its end; a file that is followed already just goes on, and so does one
   * that holds what `previous`, whose place it has taken, held. What becomes of it is noted in `record`. Every call must be
   * paired with a `release`. Throws what opening throws.
   */
  acquire(path: string, at: 'beginning' | 'end', record: FileRecord, previous?: FollowedFile): FollowedFile {
    const opened = new FollowedFile(path);
    // One that was truncated goes on in its copy, which this may be.
    if (at === 'beginning') for (const original of this.#originalsOf(opened)) this.#readOne(original);
    const known = this.#entries.get(opened.identity);
    if (known) {
      opened.close();
      known.names++;
      known.records.add(record);
      return known.file;
    }
    if (at === 'end') opened.skipToEnd();
    else if (previous) this.#takeOver(opened, previous, record);
    const entry = this.#add(opened, [record]);
    if (opened.offset === 0 && mayBeCopy(opened)) this.#seekOriginals(entry);
    return opened;
  }

  /**
   * Goes on in a file that holds what another one held before that was truncated: a copy made for rotation (copytruncate).
   * Returns how many bytes it holds that were not read there; undefined when it is no such copy. Throws what opening throws.
   */
  recover(path: string, { position }: Pick<Truncation, 'position'>, record: FileRecord): number | undefined {
    const opened = new FollowedFile(path);
    const known = this.#entries.get(opened.identity);
    known?.file.startOverIfRewritten();
    const isUnread = !known || known.originals.length > 0 || known.file.offset === 0;
    const isCopy = isUnread && opened.isCopyOf(position);
    if (known || !isCopy) opened.close();
    if (!isCopy) return undefined;
    const file = known?.file ?? opened;
    file.goOnAt(position);
    if (known) {
      known.originals = [];
      known.records.add(record);
      this.#wake(known);
    } else this.#add(opened, [record]).names = 0;
    return fstatSync(file.fd).size - position.readTo;
  }

  /** Whether the file that a path leads to only repeats what a followed one holds. Throws what opening throws. */
  isCopy(path: string): boolean {
    const opened = new FollowedFile(path);
    try {
      return !this.has(opened.identity) && this.all().some((original) => isCopyOf(opened, original));
    } finally {
      opened.close();
    }
  }

  /** Whether the file that a path leads to is a copy that has taken the place of `previous`. Throws what opening throws. */
  hasTakenOver(path: string, previous: FollowedFile | undefined): boolean {
    if (!previous || !this.has(previous.identity)) return false;
    const opened = new FollowedFile(path);
    try {
      return !this.has(opened.identity) && hasTakenOver(opened, previous);
    } finally {
      opened.close();
    }
  }

  /** Whether an open file is the one of another identity: an overlay file system may rename a file when it is first written. */
  isRenamedTo(file: FollowedFile, identity: string): boolean {
    const entry = this.#entries.get(file.identity);
    if (!entry || entry.isSilent || this.has(identity) || identityOf(fstatSync(file.fd, { bigint: true })) !== identity)
      return false;
    this.#entries.delete(file.identity);
    file.identity = identity;
    this.#entries.set(identity, entry);
    return true;
  }

  /** Opens what a path leads to again, and goes on in it where `stale` had come to: the old descriptor shows an outdated copy. */
  replace(stale: FollowedFile, path: string): FollowedFile {
    const opened = new FollowedFile(path);
    const entry = this.#entries.get(stale.identity);
    if (!entry || opened.identity !== stale.identity) {
      opened.close();
      return stale;
    }
    opened.continueFrom(stale);
    opened.takeFigures(stale);
    this.#remove(entry);
    this.#add(opened, entry.records).names = entry.names;
    return opened;
  }

  /** Has a file read at once, one slice of it: what is to be known of it is whether it was truncated. */
  read(file: FollowedFile): void {
    const entry = this.#entries.get(file.identity);
    if (entry) this.#readOne(entry);
  }

  /** A path no longer leads to this file. */
  release(file: FollowedFile): void {
    const entry = this.#entries.get(file.identity);
    if (!entry) return;
    entry.names--;
    entry.lastGrewMs = performance.now();
    this.#wake(entry);
  }

  /** Has every file looked at, as the safety net does; lets go of those that have been silent for long. */
  checkAll(): void {
    const now = performance.now();
    for (const entry of this.#entries.values()) {
      this.#readOne(entry);
      const silentMs = now - entry.lastGrewMs;
      if (entry.names > 0 || this.#isStopped || this.#pending.has(entry)) continue;
      if (silentMs >= tailAfterMs && entry.problem === undefined && !entry.isLost) this.#examineTail(entry);
      if (silentMs >= this.#letGoAfterMs && !entry.isHolderSought) void this.#letGoUnlessHeld(entry);
    }
  }

  #examineTail(entry: Entry): void {
    try {
      entry.file.examineTail(entry.matcher, this.#onMatch);
    } catch (error) {
      this.#onReadError(entry, error);
    }
  }

  /** Stops examining. The files stay open, for the context. */
  stop(): void {
    this.#isStopped = true;
    for (const entry of this.#entries.values()) entry.wakeUp?.close();
    this.#pending.clear();
  }

  /** Closes every file, after `stop`. What is known of them is kept: the manifest is written later. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const entry of this.#entries.values()) entry.file.close();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #add(file: FollowedFile, records: Iterable<FileRecord>): Entry {
    // By descriptor: the name may have gone to another file by now.
    const fdPath = `/proc/self/fd/${file.fd}`;
    const state = {
      wakeUp: undefined,
      pollingReason: undefined,
      isSilent: silentFileSystem(fdPath) !== undefined,
      isLost: false,
      names: 1,
      isHolderSought: false,
      isEncodingTold: false,
    };
    const problems = { hasFailed: false, problem: undefined, originals: [] };
    const known = new Set(records);
    const matcher = this.#suppressedLines.noting(this.#context.matcher, known);
    const entry: Entry = { file, records: known, matcher, lastGrewMs: performance.now(), ...state, ...problems };
    file.onTruncated = (truncation) => this.#noteTruncation(entry, truncation);
    const onPolling = (reason: string): void => {
      entry.pollingReason = reason;
      this.#onPolling(file.path, reason);
    };
    const onChange = (kind: 'change' | 'rename'): void => {
      this.#wake(entry);
      if (kind === 'rename') this.#onMoved();
    };
    entry.wakeUp = wakeOn(fdPath, onChange, onPolling);
    this.#entries.set(file.identity, entry);
    // It may have grown before the watch was there.
    this.#wake(entry);
    return entry;
  }

  /**
   * A file at its beginning may be a copy of a log that is followed and whose name it has as rotation changes it (copytruncate to
   * a name that is watched): then it goes on where the log was truncated, or behind what it repeats.
   */
  #seekOriginals(entry: Entry): void {
    entry.originals = this.#originalsOf(entry.file);
    this.#skipCopied(entry);
  }

  #originalsOf(copy: FollowedFile): Entry[] {
    const names = [...copy.names, copy.place];
    const isOriginal = ({ file }: Entry): boolean =>
      names.some((name) => file.names.some((log) => isRotationOf(name, log)));
    return [...this.#entries.values()].filter((entry) => entry.file.identity !== copy.identity && isOriginal(entry));
  }

  /** Skips what a copy repeats. Returns whether it is one still: what comes next is left to the next look. */
  #skipCopied(entry: Entry): boolean {
    // One may have been truncated: then what was not read of it is read in the copy.
    for (const original of entry.originals) this.#readOne(original);
    if (entry.originals.length === 0) return false;
    const { file } = entry;
    const { size } = fstatSync(file.fd);
    entry.originals = entry.originals.filter((original) => isCopyUpTo(size, file, original.file));
    if (entry.originals.length === 0) return false;
    if (size > file.offset) file.skipToEnd(size);
    return true;
  }

  /** What it held before is noted as a span of its own; what was not read of it is a gap unless a copy holds it. */
  #noteTruncation(entry: Entry, truncation: Truncation): void {
    const lostBytes = truncation.unreadBytes - this.#onTruncated(entry.file, truncation);
    for (const record of entry.records) {
      record.end({ ...truncation.span, ended: 'truncated' });
      record.doubt(truncationDoubt);
      if (lostBytes > 0) record.gaps.addBytes(truncatedUnread, lostBytes);
    }
    this.#seekOriginals(entry);
  }

  /** Has a new file go on where the one had come to whose place it has taken, if it is a copy of it. */
  #takeOver(opened: FollowedFile, previous: FollowedFile, record: FileRecord): void {
    const entry = this.#entries.get(previous.identity);
    for (let slices = 0; entry && slices < drainedSlices && this.#readOne(entry); slices++);
    if (entry && this.#pending.has(entry)) return;
    // Gone from its network file system (ESTALE), or with it, or replaced on one that does not say by what.
    const isGone = !entry || entry.isLost || entry.problem !== undefined || opened.device !== previous.device;
    if (!(isGone ? isLikelyTheSame : hasTakenOver)(opened, previous)) return;
    opened.continueFrom(previous);
    previous.leaveTail();
    if (!isGone) return;
    opened.takeFigures(previous);
    record.doubt(outOfSightDoubt);
    this.leave(previous);
  }

  /** What there is to read of a file is read in another: that it cannot be read any more itself is no gap. */
  leave(file: FollowedFile): void {
    const entry = this.#entries.get(file.identity);
    if (entry?.file !== file) return;
    file.leaveTail();
    entry.problem = undefined;
    entry.isLost = false;
    this.#forget(entry);
  }

  /** Has a file read at the end of this turn of the event loop, however many hints there are. */
  #wake(entry: Entry): void {
    if (this.#isStopped) return;
    this.#pending.add(entry);
    this.#planTurn();
  }

  #planTurn(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => {
      this.#isTurnDue = false;
      for (const entry of this.#pending) this.#readOne(entry);
      if (this.#pending.size > 0) this.#planTurn();
    });
  }

  /**
   * Reads one slice of one file: the others, and everything else in this process, have their turn before the next. Returns
   * whether there may be more.
   */
  #readOne(entry: Entry): boolean {
    if (this.#isStopped || this.#context.isOver()) return false;
    const before = entry.file.offset;
    try {
      entry.problem = undefined;
      const { file } = entry;
      const mayHaveMore = () =>
        this.#isReachable(entry) && !this.#skipCopied(entry) && file.readSlice(entry.matcher, this.#onMatch);
      if (holding(`reading ${file.path}`, mayHaveMore)) this.#pending.add(entry);
      else this.#pending.delete(entry);
    } catch (error) {
      this.#pending.delete(entry);
      this.#onReadError(entry, error);
      return false;
    }
    if (entry.file.offset !== before) entry.lastGrewMs = performance.now();
    if (this.#pending.size > 0) this.#planTurn();
    this.#tellOfEncoding(entry);
    return this.#pending.has(entry);
  }

  /**
   * Makes sure that a file is read and not another one. Where names are given to other files below a file system, unannounced, a
   * descriptor may show the size of the file that has the name by now (FUSE knows open files by their path) and read the one
   * that it was opened for. So what has changed is opened again first, by the name that it has by now.
   */
  #isReachable(entry: Entry): boolean {
    const { file } = entry;
    if (!entry.isSilent) return true;
    const isShown = identityOf(fstatSync(file.fd, { bigint: true })) === file.identity;
    if (isShown && file.isUnchanged()) return true;
    const path = findByIdentity(file);
    const isOpened = path !== undefined && file.reopen(path);
    // Without a watched name, and with other bytes than those read, it is another one: it was rotated once more.
    const isOther = entry.names === 0 && file.offset > 0 && !file.isContinuedIn(file);
    entry.isLost = isOther || !(isOpened || isShown);
    return !entry.isLost;
  }

  #tellOfEncoding(entry: Entry): void {
    if (entry.isEncodingTold || !entry.file.isUtf16) return;
    entry.isEncodingTold = true;
    this.#context.remark(`${entry.file.path}: ${utf16Remark}`);
  }

  /** A file that cannot be read is tried again every second; one that is gone from its network file system is forgotten. */
  #onReadError(entry: Entry, error: unknown): void {
    entry.problem = messageOf(error);
    if (errnoOf(error) === 'ESTALE') this.#forget(entry);
    else if (!entry.hasFailed) this.#context.remark(`${entry.file.path}: cannot be read: ${messageOf(error)}`);
    entry.hasFailed = true;
  }

  async #letGoUnlessHeld(entry: Entry): Promise<void> {
    entry.isHolderSought = true;
    const isHeld = await isHeldForWriting(entry.file.identity);
    entry.isHolderSought = false;
    if (this.#isStopped || this.#entries.get(entry.file.identity) !== entry) return;
    if (entry.names > 0) return;
    const isSilent = performance.now() - entry.lastGrewMs >= this.#letGoAfterMs;
    if (isHeld || !isSilent) entry.lastGrewMs = performance.now();
    else this.#forget(entry);
  }

  #forget(entry: Entry): void {
    for (const record of entry.records) {
      record.end({ ...entry.file.span, ended: 'let go' });
      if (entry.file.isUtf16) record.gaps.add(utf16Gap);
      if (entry.file.longLines > 0) record.doubt(longLinesDoubt);
      if (!entry.wakeUp) record.doubt(pollingDoubt(entry.pollingReason));
      if (entry.isLost) record.doubt(lostDoubt);
      if (entry.problem !== undefined) record.gaps.add(`cannot be read: ${entry.problem}`);
    }
    this.#remove(entry);
  }

  #remove(entry: Entry): void {
    this.#pending.delete(entry);
    this.#entries.delete(entry.file.identity);
    for (const other of this.#entries.values()) other.originals = other.originals.filter((each) => each !== entry);
    entry.wakeUp?.close();
    entry.file.close();
  }
}

/** The name that leads to a file by now: one that it was opened by, or one beside it as rotation changes it. */
function findByIdentity({ names, identity }: FollowedFile): string | undefined {
  const leadsToIt = (path: string): boolean => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat !== undefined && identityOf(stat) === identity;
  };
  for (const name of names) {
    const rotated = () => namesIn(dirname(name)).filter((each) => isRotatedName(each, basename(name)));
    const found = leadsToIt(name)
      ? name
      : rotated()
          .map((each) => join(dirname(name), each))
          .find(leadsToIt);
    if (found !== undefined) return found;
  }
  return undefined;
}
