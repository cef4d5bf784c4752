/**
 * Reads all followed files in turns, each file once, whatever names lead to it. A file stays here after its name has gone to
 * another (rotation by rename): its writer may go on writing to it for a while.
 */
import { errnoOf } from '../../../../errors.ts';
import { holding } from '../../../../host/event-loop.ts';
import type { Gate } from '../../../../host/gate.ts';
import { type SourceContext, tailAfterMs } from '../../source.ts';
import type { Certificate } from '../certificate.ts';
import { SuppressedLines } from '../suppressed-lines.ts';
import type { FollowedFile, Truncation } from './followed-file.ts';
import { Follower } from './follower.ts';
import { NamelessFiles } from './nameless.ts';
import { Turns } from './turns.ts';

/** What the loop asks of, and tells, those who know the names and copies of the files. */
export interface ReadHooks {
  /** A line matches: a view on a buffer that is used again, and where it begins in the file. Returns false to stop. */
  onLine(file: FollowedFile, line: Buffer, offset: number): boolean;
  /** Whether a file that is to be read holds, so far, nothing but what another one does: then it is not read. */
  isRepeating(follower: Follower): boolean;
  /** A file was found truncated or rewritten. Returns whether it repeats another one now. */
  onTruncated(follower: Follower, truncation: Truncation): boolean;
  /** A file is followed no more. */
  onEnded(follower: Follower): void;
  /** A file's name may have changed. */
  onMoved(): void;
  /** inotify is not to be had for a file. */
  onPolling(path: string, reason: string): void;
}

export class ReadLoop {
  readonly #context: SourceContext;
  readonly #hooks: ReadHooks;
  readonly #followers = new Map<string, Follower>();
  readonly #gate: Gate | undefined;
  readonly #pending: Turns<Follower>;
  readonly #checks: Turns<Follower>;
  readonly #nameless: NamelessFiles;
  readonly #suppressedLines = new SuppressedLines();
  #state: 'reading' | 'stopped' | 'closed' = 'reading';

  /**
   * A file without a name is let go when it has been silent for `letGoAfterMs` and no process can write to it. `gate` is that of
   * the file system, if it may stop to answer.
   */
  constructor(context: SourceContext, hooks: ReadHooks, letGoAfterMs: number, gate?: Gate) {
    this.#gate = gate;
    this.#pending = new Turns((follower) => this.read(follower), gate);
    this.#checks = new Turns((follower) => this.#check(follower), gate);
    this.#context = context;
    this.#hooks = hooks;
    const host = {
      nowMs: () => this.#nowMs,
      read: (follower: Follower) => this.read(follower),
      has: (follower: Follower) => this.#state === 'reading' && this.of(follower.file) === follower,
      end: (follower: Follower) => this.end(follower),
    };
    this.#nameless = new NamelessFiles(host, letGoAfterMs);
  }

  has(key: string): boolean {
    return this.#followers.has(key);
  }

  get(key: string): Follower | undefined {
    return this.#followers.get(key);
  }

  /** Undefined where the file is followed no more: its number, and its descriptor, may be those of another file now. */
  of(file: FollowedFile): Follower | undefined {
    const follower = this.#followers.get(file.key);
    return follower?.file === file ? follower : undefined;
  }

  all(): Follower[] {
    return [...this.#followers.values()];
  }

  get #nowMs(): number {
    return this.#context.clock.nowMs();
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Follows a file from where it stands. */
  add(file: FollowedFile, certificate: Certificate): Follower {
    const certificates = new Set([certificate]);
    const matcher = this.#suppressedLines.noting(this.#context.matcher, certificates);
    const { onTruncated, onMoved, onPolling } = this.#hooks;
    const follower = new Follower(file, certificates, {
      matcher,
      onLine: (line, offset) => this.#hooks.onLine(file, line, offset),
      remark: this.#context.remark,
    });
    file.onTruncated = (truncation) => onTruncated(follower, truncation);
    file.onPassedOver = () => follower.notePassedOver();
    follower.lastGrewMs = this.#nowMs;
    this.#followers.set(file.key, follower);
    const onChange = (kind: 'change' | 'rename'): void => {
      this.wake(follower);
      if (kind === 'rename') onMoved();
    };
    follower.watch(onChange, (reason) => onPolling(file.path, reason));
    // It may have grown before the watch was there.
    this.wake(follower);
    return follower;
  }

  /** Has a file read at the end of this turn of the event loop, however many hints there are. */
  wake(follower: Follower): void {
    if (this.#state === 'reading') this.#pending.add(follower);
  }

  /**
   * Reads one slice of one file, and finds out whether it was truncated; the others have their turn before the next slice.
   * Returns whether there may be more.
   */
  read(follower: Follower): boolean {
    if (this.#state !== 'reading' || this.#context.isOver() || follower.isBeingRead) return false;
    const { file } = follower;
    const { offset: before, isDeleted: wasDeleted } = file;
    follower.isBeingRead = true;
    try {
      const examine = () => follower.examineSlice(() => this.#hooks.isRepeating(follower));
      if (holding(`reading ${file.path}`, examine)) this.#pending.add(follower);
      else this.#pending.delete(follower);
    } catch (error) {
      this.#pending.delete(follower);
      this.#onError(follower, error);
      return false;
    } finally {
      follower.isBeingRead = false;
    }
    if (file.offset !== before) follower.lastGrewMs = this.#nowMs;
    // For inotify a deletion looks like a write, and in the folder that a link leads to nobody watches names.
    if (file.isDeleted && !wasDeleted) this.#hooks.onMoved();
    return this.#pending.has(follower);
  }

  /** A watched path no longer leads to this file. */
  release(file: FollowedFile): void {
    const follower = this.of(file);
    if (!follower) return;
    follower.names--;
    follower.lastGrewMs = this.#nowMs;
    this.wake(follower);
    if (follower.names <= 0) this.#nameless.add(follower);
  }

  /** Has every file looked at: the safety net. Lets go of files that have been silent for long. */
  checkAll(): void {
    this.#checks.addAll(this.all());
  }

  /** Follows a file no more. */
  end(follower: Follower): void {
    this.#pending.delete(follower);
    this.#checks.delete(follower);
    this.#followers.delete(follower.file.key);
    this.#nameless.delete(follower);
    this.#hooks.onEnded(follower);
    follower.end();
  }

  /** What there is to read of a file is read in another one: it is followed no more. */
  leave(file: FollowedFile): void {
    const follower = this.of(file);
    if (!follower) return;
    follower.excuse();
    this.end(follower);
  }

  /** Stops examining. The files stay open, for the context. */
  stop(): void {
    this.#state = 'stopped';
    for (const follower of this.all()) follower.unwatch();
    this.#pending.clear();
    this.#checks.clear();
  }

  /** Closes every file, after `stop`. What is known of them is kept: the manifest is written later. */
  close(): void {
    if (this.isClosed) return;
    this.#state = 'closed';
    // Closing waits for FUSE, too; the end of the process closes them.
    if (this.#gate?.isOpen !== false) for (const { file } of this.all()) file.close();
  }

  #check(follower: Follower): void {
    this.read(follower);
    if (this.#state !== 'reading' || this.#context.isOver() || this.#pending.has(follower)) return;
    const silentMs = this.#nowMs - follower.lastGrewMs;
    if (silentMs >= tailAfterMs && follower.isReadable) this.#examineTail(follower);
    if (follower.names <= 0) this.#nameless.check(follower);
  }

  #examineTail(follower: Follower): void {
    try {
      follower.examineTail();
    } catch (error) {
      this.#onError(follower, error);
    }
  }

  /** A file that cannot be read is tried again every second; one that is gone from its network file system is let go. */
  #onError(follower: Follower, error: unknown): void {
    follower.fail(error);
    if (errnoOf(error) === 'ESTALE') this.end(follower);
  }
}
