/** Log files as a source: follows each path through everything that can happen to its file. */
import { errnoOf, messageOf } from '../../../errors.ts';
import { WallClock } from '../../../host/clock.ts';
import type { SourceStatus } from '../../../plugin.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import type { CompressedFile, OpenCompressedFile } from './compressed-file.ts';
import { examineCompressed } from './compressed-file.ts';
import { excerptOf } from './file-excerpt.ts';
import type { FileRecord } from './file-record.ts';
import type { FollowedFile } from './followed-file.ts';
import { ownLog } from './log-files.ts';
import { OpenFiles } from './open-files.ts';
import { PassedOver } from './passed-over.ts';
import { SuppressedLines } from './suppressed-lines.ts';
import { turnMs } from './turns.ts';
import { WatchedPath } from './watched-path.ts';
import { findRotated, WatchedPattern } from './watched-pattern.ts';

/** How often everything is looked at without any hint, unless --interval says otherwise. */
export const defaultIntervalMs = 1000;
/** How long a file that was rotated away must be silent before it is let go. */
const letGoAfterMs = 30_000;

/** So many compressed files wait at most, each open. */
const mostCompressed = 100;

/**
 * A name that a pattern has found is forgotten when there was no such file, nor one that has it after a rotation, for so many
 * looks.
 */
const forgottenAfterLooks = 60;

const passedOverDoubt =
  'a file that fits has the name of a watched one after its rotation, and what it holds is not read';

export interface FileSettings {
  /** Patterns of files, which may come later. */
  patterns?: string[];
  intervalMs?: number | undefined;
  letGoAfterMs?: number;
}

export class FileSource implements Source {
  readonly #context: SourceContext;
  readonly #armedMs = Date.now();
  readonly #paths: WatchedPath[];
  readonly #patterns: WatchedPattern[];
  /** Those of the paths that were found by a pattern, which, and at how many looks in a row there was no file. */
  readonly #found = new Map<WatchedPath, { pattern: WatchedPattern; misses: number }>();
  /**
   * Files that fit and have come, to be followed from their beginning; `missingMs` is when each was not there yet, in
   * milliseconds since the epoch.
   */
  readonly #coming: Array<[path: string, pattern: WatchedPattern, missingMs: number]> = [];
  /** When it was last looked for files that fit, in milliseconds since the epoch. */
  #expandedMs = Date.now();
  readonly #open: OpenFiles;
  readonly #passedOver: PassedOver;
  readonly #compressed: CompressedFile[] = [];
  /** Compressed files are examined one after the other: hundreds may be found at once. */
  #unpacking = Promise.resolve();
  #waitingCompressed = 0;
  readonly #intervalMs: number;
  readonly #clock = new WallClock();
  #endLooks: (() => void) | undefined;
  readonly #toldReasons = new Set<string>();
  #isExpansionDue = false;
  #isStopped = false;

  constructor(paths: string[], context: SourceContext, settings: FileSettings = {}) {
    this.#context = context;
    this.#intervalMs = settings.intervalMs ?? defaultIntervalMs;
    this.#open = new OpenFiles({
      context,
      onMatch: (file, line, offset) => this.#onMatch(file, line, offset),
      onMoved: () => {
        for (const path of this.#paths) path.planLook();
      },
      // A rotation moves the log first: what the log's own look finds in its place, or beside it, is told from a copy there.
      onUnknown: (names) => this.#lookAtLogsOf(names),
      onTruncated: (file, truncation) =>
        Math.max(0, ...this.#paths.map((path) => (path.file === file ? (path.recover(truncation, file) ?? 0) : 0))),
      onPolling: (path, reason) => this.#onPolling(path, reason),
      letGoAfterMs: settings.letGoAfterMs ?? letGoAfterMs,
    });
    this.#passedOver = new PassedOver(this.#open.copies);
    this.#paths = paths.map((path) => this.#watched(path));
    this.#patterns = (settings.patterns ?? []).map((pattern) => new WatchedPattern(pattern, [ownLog]));
  }

  #watched(path: string, confirmedMs?: number): WatchedPath {
    const context = {
      armedMs: this.#armedMs,
      open: this.#open,
      remark: this.#context.remark,
      onPolling: (path: string, reason: string) => this.#onPolling(path, reason),
      hasRoomForCompressed: () => this.#waitingCompressed < mostCompressed,
      onCompressed: (packed: OpenCompressedFile, record: FileRecord) => {
        this.#waitingCompressed++;
        this.#unpacking = this.#unpacking.then(() => this.#examineCompressed(packed, record));
      },
    };
    return new WatchedPath(path, context, confirmedMs);
  }

  async start(): Promise<void> {
    for (const pattern of this.#patterns) pattern.start(() => this.#planExpansion());
    for (const [path, pattern] of this.#findNewPaths()) this.#addFound(path, pattern);
    for (const path of this.#paths) path.start();
    // In the turn's last phase: what inotify has to say is heard before.
    this.#endLooks = this.#context.clock.every(this.#intervalMs, () => void setImmediate(() => this.#lookAtAll()));
  }

  #lookAtAll(): void {
    if (this.#isStopped) return;
    if (this.#clock.wasSetBack())
      for (const { record } of this.#paths) record.doubt('the clock, by which files are told apart, was set back');
    WatchedPath.lookAtAll(this.#paths);
    this.#forgetGone();
    this.#expandPatterns();
    this.#open.checkAll(this.#intervalMs);
  }

  async stop(): Promise<void> {
    this.#endLooks?.();
    this.#isStopped = true;
    for (const watched of [...this.#paths, ...this.#patterns]) watched.stop();
    this.#open.stop();
  }

  status(): SourceStatus[] {
    for (const path of this.#paths) path.noteDoubtsOfFile();
    const named = new Set(this.#paths.map(({ file }) => file));
    const rotated = this.#open.all().filter((file) => !named.has(file));
    const certificateOf = this.#open.certificates();
    return [
      ...this.#paths.map(({ path, file, record }) => {
        const state = file ? this.#describe(path, file) : { source: path, state: 'waiting for the file' };
        return { ...state, ...certificateOf(record) };
      }),
      ...rotated.map((file) => this.#describe(file.path, file, 'rotated away')),
      ...this.#compressed.map(({ path, ...figures }) => ({ source: path, state: 'unpacked', ...figures })),
      ...this.#patterns.map((pattern) => this.#describePattern(pattern)),
    ];
  }

  /** The files that fit have a row and a certificate each; this is what there is to say beside them. */
  #describePattern(pattern: WatchedPattern): SourceStatus {
    const fitting = [...this.#found].filter(([{ file }, found]) => file && found.pattern === pattern).length;
    const state = fitting === 0 ? 'waiting for files that fit' : `files that fit: ${fitting}`;
    return { source: pattern.pattern, state, ...pattern.record.status([], { doubts: [], gaps: [] }) };
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    if (this.#open.isClosed) return [];
    const isFollowed = (identity: string): boolean => this.#open.has(identity);
    return this.#open.all().flatMap((file) => {
      try {
        return [excerptOf(file, position, isFollowed)];
      } catch (error) {
        // Gone with its file system, perhaps: the others are not.
        this.#context.remark(`${file.path}: the lines around the trigger cannot be kept: ${messageOf(error)}`);
        return [];
      }
    });
  }

  close(): void {
    this.#open.close();
  }

  /** Looks for files that fit the patterns at the end of this turn of the event loop, however many hints there are. */
  #planExpansion(): void {
    if (this.#isExpansionDue) return;
    this.#isExpansionDue = true;
    setImmediate(() => {
      this.#isExpansionDue = false;
      if (!this.#isStopped) this.#expandPatterns();
    });
  }

  /** Forgets the names that a pattern has found and that have gone, to be called at each look. */
  #forgetGone(): void {
    for (const [path, found] of this.#found) {
      found.misses = path.file ? 0 : found.misses + 1;
      if (found.misses <= forgottenAfterLooks || this.#open.isInUse(path.record)) continue;
      path.stop();
      found.pattern.record.absorb(path.record);
      this.#found.delete(path);
      this.#paths.splice(this.#paths.indexOf(path), 1);
    }
  }

  /** Follows the files that have come from their beginning. */
  #expandPatterns(): void {
    if (this.#patterns.length === 0) return;
    const isAtWork = this.#coming.length > 0;
    const missingMs = this.#expandedMs;
    this.#expandedMs = Date.now();
    for (const [path, pattern] of this.#findNewPaths()) this.#coming.push([path, pattern, missingMs]);
    if (!isAtWork) this.#takeComing();
  }

  /** Thousands of files may come at once: everything else has its turn in between. */
  #takeComing(): void {
    if (this.#isStopped) return;
    const endMs = performance.now() + turnMs;
    while (this.#coming.length > 0 && performance.now() < endMs) {
      const [path, pattern, missingMs] = this.#coming.shift() as [string, WatchedPattern, number];
      const log = findRotated(path, this.#paths);
      if (log) this.#passOver(path, pattern, log);
      else this.#addFound(path, pattern, missingMs).look();
    }
    if (this.#coming.length > 0) setImmediate(() => this.#takeComing());
  }

  #passOver(path: string, pattern: WatchedPattern, log: WatchedPath): void {
    // Without the log's name what has been examined under it would be taken for a log of its own.
    const found = this.#found.get(log);
    if (found) found.misses = 0;
    try {
      if (this.#passedOver.mayHoldMore(path, () => this.#lookAtLogsOf([path]))) pattern.record.doubt(passedOverDoubt);
    } catch (error) {
      this.#context.debug(`${path}: ${messageOf(error)}`);
      if (errnoOf(error) !== 'ENOENT') pattern.record.doubt(passedOverDoubt);
    }
  }

  /** Looks at the logs that have had one of some names before their rotation. */
  #lookAtLogsOf(names: string[]): void {
    for (const path of this.#paths) if (path.mayHaveLost(names)) path.look();
  }

  /** The files that fit and are not watched yet, with the first pattern that they fit. */
  #findNewPaths(): Map<string, WatchedPattern> {
    const known = new Set([...this.#paths.map(({ path }) => path), ...this.#coming.map(([path]) => path)]);
    const fitting = new Map<string, WatchedPattern>();
    for (const pattern of this.#patterns)
      for (const path of pattern.find((each) => known.has(each)))
        if (!known.has(path) && !fitting.has(path)) fitting.set(path, pattern);
    return fitting;
  }

  #addFound(path: string, pattern: WatchedPattern, confirmedMs?: number): WatchedPath {
    const watched = this.#watched(path, confirmedMs);
    this.#found.set(watched, { pattern, misses: 0 });
    this.#paths.push(watched);
    return watched;
  }

  #onMatch(file: FollowedFile, line: Buffer, offset: number): boolean {
    const position = { file: file.path, inode: file.inode, offset };
    const taken = this.#context.onMatch({ source: file.path, line, position, atMs: Date.now() });
    if (taken === 'counted') file.matches++;
    else file.passedOver++;
    if (!this.#context.isOver()) return true;
    file.endAt(offset + line.length);
    return false;
  }

  #describe(source: string, file: FollowedFile, state = 'following'): SourceStatus {
    const { inode, offset, lines, bytes, matches, passedOver } = file;
    const wokenBy = this.#open.isPolled(file) ? 'polling' : 'inotify';
    return { source, state, wokenBy, inode, offset, lines, bytes, matches, passedOver };
  }

  async #examineCompressed(packed: OpenCompressedFile, record: FileRecord): Promise<void> {
    this.#waitingCompressed--;
    try {
      const matcher = new SuppressedLines().noting(this.#context.matcher, [record]);
      const examined = await examineCompressed(packed, () => this.#open.ofRecord(record), {
        ...this.#context,
        matcher,
      });
      if (!examined) return;
      this.#compressed.push(examined);
      const { device, inode, bytes } = examined;
      record.end({ device, inode, born: null, from: 0, to: bytes, ended: 'unpacked' });
    } catch (error) {
      const { path } = packed;
      record.gaps.add(`compressed before it was read, and not to be unpacked: ${path}: ${messageOf(error)}`);
      this.#context.remark(`${path}: lines that came while rig was stopped cannot be read: ${messageOf(error)}`);
    }
  }

  #onPolling(path: string, reason: string): void {
    if (this.#toldReasons.has(reason)) return;
    this.#toldReasons.add(reason);
    this.#context.remark(`${path} is looked at every ${this.#intervalMs} ms, because ${reason}`);
  }
}
