/** One path that the user named, or that fits a pattern, and the file that it leads to at the moment. */
import { type BigIntStats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, messageOf } from '../../../../errors.ts';
import { holding } from '../../../../host/event-loop.ts';
import { Certificate } from '../certificate.ts';
import { FollowedFile, type Truncation } from '../follow/followed-file.ts';
import { inodeKey } from '../follow/opened-file.ts';
import type { ReadLoop } from '../follow/read-loop.ts';
import type { Intake } from '../rotation/intake.ts';
import { clockLagMs, listNeighbours, possibleCopies, useEach, useNeighbours } from '../rotation/neighbours.ts';
import type { Originals } from '../rotation/originals.ts';
import { ifThere, type Passage, readPassage } from '../rotation/passage.ts';
import { isRotationOf } from '../rotation/rotated-names.ts';
import type { FolderWatches } from './folder-watches.ts';
import { isLinkTo, targetOf } from './links.ts';
import { NameWatch } from './name-watch.ts';

/** What a path needs of the source that it belongs to. */
export interface PathContext {
  loop: ReadLoop;
  intake: Intake;
  originals: Originals;
  folders: FolderWatches;
  /** When the rig was armed, in milliseconds since the epoch: a file that was last written before holds no new line. */
  armedMs: number;
  remark(text: string): void;
  /** inotify is not to be had for a path. */
  onPolling(path: string, reason: string): void;
  /** Has the path looked at, at the end of this turn of the event loop. */
  planLook(path: WatchedPath): void;
}

export class WatchedPath {
  readonly path: string;
  /** The file that it leads to; undefined while there is none. */
  file: FollowedFile | undefined;
  readonly certificate = new Certificate();
  readonly #context: PathContext;
  readonly #watch: NameWatch;
  /** When the path was last known to lead to `file`, or nowhere, in milliseconds since the epoch. */
  #confirmedMs: number;
  /** The time since which a copy of the file may hold what was cut off from it, in milliseconds since the epoch. */
  #wholeSinceMs: number;
  /** Where the file really is, when the path is a link or has one in it. */
  #target: string | undefined;
  /** The file that it led to last; closed, perhaps. */
  #last: FollowedFile | undefined;
  /** Whether the path could not be looked at since it led to a file. */
  #wasUnreachable = false;
  #lastProblem: string | undefined;
  #state: 'idle' | 'looking' | 'stopped' = 'idle';

  /** `confirmedMs` is when it was last known where the path leads, in milliseconds since the epoch. */
  constructor(path: string, context: PathContext, confirmedMs = Date.now()) {
    this.path = path;
    this.#context = context;
    this.#confirmedMs = confirmedMs;
    this.#wholeSinceMs = context.armedMs;
    this.#watch = new NameWatch(path, context.folders, this.certificate, {
      onEvent: () => context.planLook(this),
      onPolling: (reason) => context.onPolling(path, reason),
    });
  }

  /** Finds the file, and follows it from its end: what it holds now is old. */
  start(): void {
    this.#watch.renew();
    this.#look('end');
  }

  /** Looks where the path leads now. A file that was not there before is new from its beginning. */
  look(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'looking';
    const before = this.file;
    try {
      this.#look('beginning');
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      this.certificate.gaps.add(`it could not be looked at: ${errnoOf(error)}`);
      this.#tell(messageOf(error));
    } finally {
      this.#state = 'idle';
    }
    if (!this.file || this.file !== before) this.#watch.renew();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#watch.close();
  }

  /** Whether one of some names is that of this path, or of what it leads to, as rotation changes it. */
  mayHaveLost(names: string[]): boolean {
    return names.some((name) => this.#ownNames.some((log) => isRotationOf(name, log)));
  }

  /**
   * Looks for a copy that holds what was cut off from its file, and has it read on there. Returns how many unread bytes the
   * copy holds; 0 without a copy.
   */
  recover({ position, wholeMs }: Truncation, original: FollowedFile): number {
    const { originals } = this.#context;
    const sinceMs = this.#wholeSinceMs - clockLagMs;
    this.#wholeSinceMs = wholeMs;
    const folders = this.#foldersOf(original);
    if (position.readTo === 0) {
      // A copy cannot be told by what was read: it is read as a file that had the name for a while.
      this.#readPassage({ folders, sinceMs: wholeMs - clockLagMs, known: [], mayBeCompressed: false });
      return 0;
    }
    // A copy that is followed may have been removed since.
    let found: number | undefined;
    const list = () => [...listNeighbours(this.#ownNames, folders), ...originals.copiesOf(original)];
    useNeighbours(list, (neighbours, isLate) =>
      useEach(possibleCopies(neighbours, sinceMs), isLate, ({ path }) => {
        const isRecovered = found !== undefined;
        const bytes = ifThere(() => originals.recover(path, position, isRecovered, this.certificate));
        found ??= bytes;
      }),
    );
    return found ?? 0;
  }

  #look(at: 'beginning' | 'end'): void {
    const lookedMs = Date.now();
    this.#watch.noteLostEvents();
    const stat = this.#stat();
    const isSame = stat && this.file && inodeKey(stat) === this.file.key && this.#context.loop.has(this.file.key);
    if (isSame) this.#watch.onSame();
    else if (stat || this.file || this.#watch.mayHaveHadFile || this.#isLink) this.#change(stat, at, lookedMs);
    this.#confirmedMs = lookedMs;
  }

  /** Looks at what the path leads to; undefined unless it is a file. */
  #stat(): BigIntStats | undefined {
    try {
      const look = () => statSync(this.path, { bigint: true, throwIfNoEntry: false });
      const stat = holding(`looking at ${this.path}`, look);
      if (stat?.isFile()) return stat;
      if (stat) this.#tell('is not a regular file: one is waited for');
      else this.#lastProblem = undefined;
    } catch (error) {
      // ENOTDIR: a folder on the way was replaced; what comes in its place is waited for as well.
      if (errnoOf(error) !== 'ENOTDIR') this.#tell(messageOf(error));
      this.#wasUnreachable = true;
    }
    return undefined;
  }

  #change(stat: BigIntStats | undefined, at: 'beginning' | 'end', lookedMs: number): void {
    const { loop } = this.#context;
    const previous = this.file;
    const follower = previous && loop.of(previous);
    // It may have been truncated before it lost its name: then its copy is looked for.
    if (follower) loop.read(follower);
    this.file = undefined;
    const wasRenamed = previous?.wasRenamed(this.#ownNames) ?? false;
    const folders = this.#foldersOf(previous);
    if (stat) this.#acquire(stat, this.#isOld(stat, lookedMs) ? 'end' : at, previous);
    if (at === 'end') this.#watch.onFirst();
    else {
      const change = { hadFile: previous !== undefined, hasFile: this.file !== undefined, wasRenamed };
      const explanation = this.#watch.onChange(change, this.#isLink);
      this.#readPassage({
        folders,
        sinceMs: this.#confirmedMs - clockLagMs,
        known: [previous, this.file].filter((file) => file !== undefined),
        mayBeCompressed: explanation === 'more',
      });
      if (this.file !== previous) this.#wholeSinceMs = this.#confirmedMs;
    }
    if (previous) loop.release(previous);
  }

  /** Follows what the path leads to now; `previous` is the file that it led to at the last look. */
  #acquire(stat: BigIntStats, at: 'beginning' | 'end', previous: FollowedFile | undefined): void {
    // The file before may come again, on a file system that was away or is mounted anew.
    const mayReturn = this.#wasUnreachable || this.#last?.device !== String(stat.dev);
    const before = previous ?? (mayReturn ? this.#last : undefined);
    const known = before ? [before] : [];
    try {
      this.file = this.#context.intake.acquire(new FollowedFile(this.path), at, this.certificate, known);
      this.#last = this.file;
      this.#wasUnreachable = false;
      this.#lastProblem = undefined;
    } catch (error) {
      // ENOENT: gone again since the stat.
      if (errnoOf(error) !== 'ENOENT') this.#tell(messageOf(error));
    }
  }

  /** Whether a file was last written before arming. That cannot be told when the clock was set back since. */
  #isOld({ mtimeMs }: BigIntStats, lookedMs: number): boolean {
    const { armedMs } = this.#context;
    return lookedMs >= armedMs && Number(mtimeMs) < armedMs - clockLagMs;
  }

  /** Reads the files that had the name between two looks. */
  #readPassage(passage: Passage): void {
    readPassage(passage, this.#ownNames, this.#context, this.certificate);
  }

  get #isLink(): boolean {
    return this.#target !== undefined && isLinkTo(this.path, this.#target);
  }

  get #ownNames(): string[] {
    return this.#target === undefined ? [this.path] : [this.path, this.#target];
  }

  /** The folders to which files of this name may have gone: where the path leads, or led, and where the last file is. */
  #foldersOf(previous: FollowedFile | undefined): string[] {
    const led = this.#target;
    this.#target = targetOf(this.path) ?? led;
    const places = [led, this.#target, previous?.place];
    return places.filter((place) => place !== undefined).map((place) => dirname(place));
  }

  /** Says what is wrong with the path, once for as long as it stays so. */
  #tell(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.certificate.doubt(`for a time ${problem}`);
    this.#context.remark(`${this.path}: ${problem}`);
  }
}
