/**
 * The files that are being followed, each once, whatever names lead to it. A file stays here after its name has gone to
 * another (rotation by rename): its writer may go on writing to it for a while.
 */
import { errnoOf, messageOf } from '../../../errors.ts';
import { holding } from '../../../host/event-loop.ts';
import { silentFileSystem } from '../../../host/file-systems.ts';
import { WriterSearch } from '../../../host/processes/writers.ts';
import { wakeOn } from '../../../host/wake-up.ts';
import type { Json } from '../../../json.ts';
import type { SourceContext } from '../source.ts';
import { CopiedFiles } from './copied-files.ts';
import type { FileRecord } from './file-record.ts';
import { longLinesDoubt, pollingDoubt, utf16Gap, utf16Remark } from './file-record.ts';
import type { OnFileMatch, Truncation } from './followed-file.ts';
import { descriptorPath, FollowedFile } from './followed-file.ts';
import type { Neighbour } from './neighbours.ts';
import type { OpenFile } from './open-file.ts';
import { isReachable } from './reachable.ts';
import { SuppressedLines } from './suppressed-lines.ts';
import { Turns } from './turns.ts';

/** How long it must be silent before its unfinished last line is taken for complete. */
const tailAfterMs = 1000;

/** A look that comes so late was held up: rig was stopped, or had no CPU. */
const stoodStillMs = 1000;

/** What the file held before may stand in a copy. Says how many bytes that were not read are found there. */
type OnTruncated = (file: FollowedFile, truncation: Truncation) => number;

const truncatedUnread = 'truncated before it was read';
const lostDoubt = 'it was rotated to where it was not found again';
const truncationDoubt = 'it was truncated, and what was written in the moment before would be gone unread';

export class OpenFiles {
  readonly copies = new CopiedFiles({
    get: (identity) => this.#entries.get(identity),
    all: () => [...this.#entries.values()],
    read: (entry) => this.#readOne(entry),
    wake: (entry) => this.#wake(entry),
    addNameless: (file, record) => {
      this.#add(file, [record]).names = 0;
    },
    leave: (file) => this.leave(file),
  });
  readonly #entries = new Map<string, OpenFile>();
  readonly #pending = new Turns<OpenFile>((entry) => this.#readOne(entry));
  readonly #checks = new Turns<OpenFile>((entry) => this.#check(entry));
  readonly #writers = new WriterSearch();
  readonly #suppressedLines = new SuppressedLines();
  readonly #context: SourceContext;
  readonly #onMatch: OnFileMatch;
  readonly #onMoved: () => void;
  readonly #onUnknown: (names: string[]) => void;
  readonly #onTruncated: OnTruncated;
  readonly #onPolling: (path: string, reason: string) => void;
  readonly #letGoAfterMs: number;
  #checkedMs = performance.now();
  #isStopped = false;
  #isClosed = false;

  /**
   * `onMoved` is called when a file's name may have changed, `onUnknown` when one was opened that is to be read from its
   * beginning, before it is, `onTruncated` when one was found to hold something else than what was read, `onPolling` when
   * inotify is not to be had. A file without a name is let go when it has been silent for `letGoAfterMs` and no process can
   * write to it.
   */
  constructor(options: {
    context: SourceContext;
    onMatch: OnFileMatch;
    onMoved: () => void;
    onUnknown: (names: string[]) => void;
    onTruncated: OnTruncated;
    onPolling: (path: string, reason: string) => void;
    letGoAfterMs: number;
  }) {
    this.#context = options.context;
    this.#onMatch = options.onMatch;
    this.#onMoved = options.onMoved;
    this.#onUnknown = options.onUnknown;
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

  /** Gives the certificate of each path, with what is still open of the files that it was reached by. */
  certificates(): (record: FileRecord) => { [key: string]: Json } {
    const entriesOf = new Map<FileRecord, OpenFile[]>();
    for (const entry of this.#entries.values())
      for (const record of entry.records) {
        const entries = entriesOf.get(record);
        if (entries) entries.push(entry);
        else entriesOf.set(record, [entry]);
      }
    return (record) => this.#certificate(record, entriesOf.get(record) ?? []);
  }

  #certificate(record: FileRecord, entries: OpenFile[]): { [key: string]: Json } {
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

  /** The open files that belong to a certificate. */
  ofRecord(record: FileRecord): FollowedFile[] {
    return [...this.#entries.values()].filter(({ records }) => records.has(record)).map(({ file }) => file);
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
    return this.#acquire(new FollowedFile(path), at, record, previous ? [previous] : []);
  }

  /**
   * Reads what had a watched name only between two looks, and may have had it after one of the `known` files; not what holds only
   * what a followed file does. One that was born before (`isOlder`) counts only if it has taken their place as a copy of one.
   * Throws what opening throws.
   */
  readPassed(neighbour: Neighbour, record: FileRecord, known: FollowedFile[]): void {
    const opened = new FollowedFile(neighbour.path);
    const isNew = opened.identity === neighbour.identity && !this.has(opened.identity);
    const isWanted = (): boolean => isNew && (!neighbour.isOlder || this.copies.hasTakenOverAny(opened, known));
    if (orClose(opened, isWanted)) this.release(this.#acquire(opened, 'beginning', record, known, true));
    else opened.close();
  }

  #acquire(
    opened: FollowedFile,
    at: 'beginning' | 'end',
    record: FileRecord,
    known: FollowedFile[],
    isPassed = false,
  ): FollowedFile {
    if (at === 'beginning') {
      if (!this.has(opened.identity)) this.#onUnknown(opened.names);
      this.copies.readOriginals(opened);
    }
    const same = this.#entries.get(opened.identity);
    if (same) {
      opened.close();
      same.names++;
      same.records.add(record);
      return same.file;
    }
    if (at === 'end') opened.skipToEnd();
    else orClose(opened, () => this.copies.takeOver(opened, known, record));
    this.copies.admit(this.#add(opened, [record]), isPassed);
    return opened;
  }

  /** Whether an open file is the one of another identity: an overlay file system may rename a file when it is first written. */
  isRenamedTo(file: FollowedFile, identity: string): boolean {
    const entry = this.#entries.get(file.identity);
    if (!entry || entry.isSilent || this.has(identity) || file.identityNow !== identity) return false;
    this.#entries.delete(file.identity);
    file.identity = identity;
    this.#entries.set(identity, entry);
    return true;
  }

  /** Opens what a path leads to again, if it leads to this file: the old descriptor shows an outdated copy. */
  reopen(file: FollowedFile, path: string): void {
    const entry = this.#entries.get(file.identity);
    if (!entry || !file.reopen(path)) return;
    entry.wakeUp?.close();
    this.#watch(entry);
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

  /** Has every file looked at, as the safety net does every so often; lets go of those that have been silent for long. */
  checkAll(intervalMs: number): void {
    const now = performance.now();
    const unseenMs = now - this.#checkedMs - intervalMs;
    // While rig stood still nobody looked: that was no silence, and what happened meanwhile may need the file yet.
    if (unseenMs >= stoodStillMs) for (const entry of this.#entries.values()) entry.lastGrewMs += unseenMs;
    this.#checkedMs = now;
    this.#checks.addAll(this.#entries.values());
  }

  #check(entry: OpenFile): void {
    this.#readOne(entry);
    const silentMs = performance.now() - entry.lastGrewMs;
    if (entry.names > 0 || this.#isStopped || this.#pending.has(entry)) return;
    if (silentMs >= tailAfterMs && entry.problem === undefined && !entry.isLost) this.#examineTail(entry);
    if (silentMs >= this.#letGoAfterMs && !entry.isHolderSought) void this.#letGoUnlessHeld(entry);
  }

  #examineTail(entry: OpenFile): void {
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
    this.#checks.clear();
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

  #add(file: FollowedFile, records: Iterable<FileRecord>): OpenFile {
    const state = {
      wakeUp: undefined,
      pollingReason: undefined,
      isSilent: silentFileSystem(descriptorPath(file)) !== undefined,
      isLost: false,
      isBeingRead: false,
      names: 1,
      isHolderSought: false,
      isEncodingTold: false,
    };
    const problems = { hasFailed: false, problem: undefined };
    const known = new Set(records);
    const matcher = this.#suppressedLines.noting(this.#context.matcher, known);
    const entry: OpenFile = { file, records: known, matcher, lastGrewMs: performance.now(), ...state, ...problems };
    file.onTruncated = (truncation) => this.#noteTruncation(entry, truncation);
    this.#entries.set(file.identity, entry);
    this.#watch(entry);
    return entry;
  }

  #watch(entry: OpenFile): void {
    const { file } = entry;
    const onPolling = (reason: string): void => {
      entry.pollingReason = reason;
      this.#onPolling(file.path, reason);
    };
    const onChange = (kind: 'change' | 'rename'): void => {
      this.#wake(entry);
      if (kind === 'rename') this.#onMoved();
    };
    entry.wakeUp = wakeOn(descriptorPath(file), onChange, onPolling);
    // It may have grown before the watch was there.
    this.#wake(entry);
  }

  /** What it held before is noted as a span of its own; what was not read of it is a gap unless a copy holds it. */
  #noteTruncation(entry: OpenFile, truncation: Truncation): void {
    const lostBytes = truncation.unreadBytes - this.#onTruncated(entry.file, truncation);
    // Nothing of it was read: it may have held something, and that it did is not known.
    if (truncation.position.readTo === 0) return;
    for (const record of entry.records) {
      record.end({ ...truncation.span, ended: 'truncated' });
      record.doubt(truncationDoubt);
      if (lostBytes > 0) record.gaps.addBytes(truncatedUnread, lostBytes);
    }
    this.copies.readmit(entry);
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
  #wake(entry: OpenFile): void {
    if (!this.#isStopped) this.#pending.add(entry);
  }

  /**
   * Reads one slice of one file: the others, and everything else in this process, have their turn before the next. Returns
   * whether there may be more.
   */
  #readOne(entry: OpenFile): boolean {
    if (this.#isStopped || this.#context.isOver() || entry.isBeingRead) return false;
    const { offset: before, isDeleted: wasDeleted } = entry.file;
    entry.isBeingRead = true;
    try {
      entry.problem = undefined;
      const { file } = entry;
      const mayHaveMore = () =>
        isReachable(entry) && !this.copies.skip(entry) && file.readSlice(entry.matcher, this.#onMatch);
      if (holding(`reading ${file.path}`, mayHaveMore)) this.#pending.add(entry);
      else this.#pending.delete(entry);
    } catch (error) {
      this.#pending.delete(entry);
      this.#onReadError(entry, error);
      return false;
    } finally {
      entry.isBeingRead = false;
    }
    if (entry.file.offset !== before) entry.lastGrewMs = performance.now();
    // inotify does not tell this from a write, and of the folder that a link leads to nobody is told.
    if (entry.file.isDeleted && !wasDeleted) this.#onMoved();
    this.#tellOfEncoding(entry);
    return this.#pending.has(entry);
  }

  #tellOfEncoding(entry: OpenFile): void {
    if (entry.isEncodingTold || !entry.file.isUtf16) return;
    entry.isEncodingTold = true;
    this.#context.remark(`${entry.file.path}: ${utf16Remark}`);
  }

  /** A file that cannot be read is tried again every second; one that is gone from its network file system is forgotten. */
  #onReadError(entry: OpenFile, error: unknown): void {
    entry.problem = messageOf(error);
    if (errnoOf(error) === 'ESTALE') this.#forget(entry);
    else if (!entry.hasFailed) this.#context.remark(`${entry.file.path}: cannot be read: ${messageOf(error)}`);
    entry.hasFailed = true;
  }

  async #letGoUnlessHeld(entry: OpenFile): Promise<void> {
    entry.isHolderSought = true;
    const isHeld = await this.#writers.isHeld(entry.file.identity);
    entry.isHolderSought = false;
    const isFollowed = (): boolean => this.#entries.get(entry.file.identity) === entry;
    if (this.#isStopped || !isFollowed() || entry.names > 0) return;
    // What a process wrote that has let go of it since it was last read.
    const before = entry.file.offset;
    this.#readOne(entry);
    if (!isFollowed()) return;
    const hasGrown = entry.file.offset !== before || this.#pending.has(entry);
    const isSilent = performance.now() - entry.lastGrewMs >= this.#letGoAfterMs;
    if (isHeld || hasGrown || !isSilent) entry.lastGrewMs = performance.now();
    else this.#forget(entry);
  }

  #forget(entry: OpenFile): void {
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

  #remove(entry: OpenFile): void {
    this.#pending.delete(entry);
    this.#checks.delete(entry);
    this.#entries.delete(entry.file.identity);
    this.copies.forget(entry);
    entry.wakeUp?.close();
    entry.file.close();
  }
}

/** Does something with a file that is not followed yet, and closes it when that fails. */
function orClose<T>(file: FollowedFile, act: () => T): T {
  try {
    return act();
  } catch (error) {
    file.close();
    throw error;
  }
}
