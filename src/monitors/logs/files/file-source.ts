/** Log files as a source: follows each path through everything that can happen to its file. */
import { WallClock } from '../../../host/clock.ts';
import type { Gate } from '../../../host/gate.ts';
import type { SourceStatus } from '../../../plugin.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import type { Certificate } from './certificate.ts';
import { excerptsAround } from './follow/around.ts';
import type { FollowedFile, Truncation } from './follow/followed-file.ts';
import type { Follower } from './follow/follower.ts';
import { practiseReading } from './follow/practice.ts';
import { ReadLoop } from './follow/read-loop.ts';
import { Turns } from './follow/turns.ts';
import { FolderWatches } from './names/folder-watches.ts';
import { PatternFiles } from './names/pattern-files.ts';
import { WatchedPath } from './names/watched-path.ts';
import { WatchedPattern } from './names/watched-pattern.ts';
import { Intake } from './rotation/intake.ts';
import { Originals } from './rotation/originals.ts';

/** How often everything is looked at without any hint, unless --interval says otherwise. */
export const defaultIntervalMs = 1000;
/** How long a file that was rotated away must be silent before it is let go. */
const letGoAfterMs = 30_000;

export interface FileSettings {
  /** Patterns of files, which may come later. */
  patterns?: string[];
  intervalMs?: number | undefined;
  letGoAfterMs?: number;
  /** The gate to their file system, if that may stop to answer. */
  gate?: Gate | undefined;
}

export class FileSource implements Source {
  readonly #context: SourceContext;
  readonly #intervalMs: number;
  readonly #armedMs = Date.now();
  readonly #wallClock = new WallClock();
  readonly #loop: ReadLoop;
  readonly #originals: Originals;
  readonly #intake: Intake;
  readonly #folders = new FolderWatches();
  readonly #paths: WatchedPath[];
  readonly #patterns: PatternFiles;
  readonly #gate: Gate | undefined;
  readonly #looks: Turns<WatchedPath>;
  readonly #toldReasons = new Set<string>();
  #endLooks: (() => void) | undefined;
  #isStopped = false;

  constructor(paths: string[], context: SourceContext, settings: FileSettings = {}) {
    this.#context = context;
    this.#gate = settings.gate;
    this.#looks = new Turns((path) => path.look(), this.#gate);
    this.#intervalMs = settings.intervalMs ?? defaultIntervalMs;
    this.#loop = new ReadLoop(
      context,
      {
        onLine: (file, line, offset) => this.#onLine(file, line, offset),
        isRepeating: (follower) => this.#originals.skipRepeated(follower),
        onTruncated: (follower, truncation) => this.#onTruncated(follower, truncation),
        onEnded: (follower) => this.#originals.forget(follower),
        onMoved: () => {
          for (const path of this.#paths) this.#looks.add(path);
        },
        onPolling: (path, reason) => this.#onPolling(path, reason),
      },
      settings.letGoAfterMs ?? letGoAfterMs,
      this.#gate,
    );
    this.#originals = new Originals(this.#loop);
    // A rotation moves the log first: a look at it tells what is a copy of it from what is not.
    this.#intake = new Intake(this.#loop, this.#originals, (names) => this.#lookAtLogsOf(names));
    this.#paths = paths.map((path) => this.#watched(path));
    this.#patterns = new PatternFiles(
      (settings.patterns ?? []).map((pattern) => new WatchedPattern(pattern)),
      {
        paths: () => this.#paths,
        add: (path, missingMs) => this.#add(path, missingMs),
        remove: (path) => this.#remove(path),
        isInUse: ({ certificate }) => this.#loop.all().some(({ certificates }) => certificates.has(certificate)),
      },
      this.#gate,
    );
  }

  async start(): Promise<void> {
    this.#patterns.start();
    for (const path of this.#paths) path.start();
    practiseReading();
    // In the turn's last phase: what inotify has to say is heard before.
    this.#endLooks = this.#context.clock.every(this.#intervalMs, () => void setImmediate(() => this.#lookAtAll()));
  }

  async stop(): Promise<void> {
    this.#endLooks?.();
    this.#isStopped = true;
    for (const path of this.#paths) path.stop();
    this.#patterns.stop();
    this.#loop.stop();
    await this.#gate?.ask();
  }

  status(): SourceStatus[] {
    const followers = this.#loop.all();
    const named = new Set(this.#paths.map(({ file }) => file));
    const rotated = followers.filter(({ file }) => !named.has(file));
    const followersOf = byCertificate(followers);
    return [
      ...this.#paths.map(({ path, file, certificate }) => {
        const state = file ? this.#describe(path, file) : { source: path, state: 'waiting for the file' };
        return { ...state, ...statusOf(certificate, followersOf.get(certificate) ?? []) };
      }),
      ...rotated.map(({ file }) => this.#describe(file.path, file, 'rotated away')),
      ...this.#patterns.status(),
    ];
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    return await excerptsAround(position, this.#loop, this.#gate, this.#context.remark);
  }

  close(): void {
    this.#loop.close();
  }

  #watched(path: string, confirmedMs?: number): WatchedPath {
    const context = {
      loop: this.#loop,
      intake: this.#intake,
      originals: this.#originals,
      folders: this.#folders,
      armedMs: this.#armedMs,
      remark: this.#context.remark,
      onPolling: (where: string, reason: string) => this.#onPolling(where, reason),
      planLook: (watched: WatchedPath) => this.#looks.add(watched),
    };
    return new WatchedPath(path, context, confirmedMs);
  }

  #add(path: string, missingMs?: number): WatchedPath {
    const watched = this.#watched(path, missingMs);
    this.#paths.push(watched);
    return watched;
  }

  #remove(path: WatchedPath): void {
    path.stop();
    this.#paths.splice(this.#paths.indexOf(path), 1);
  }

  #lookAtAll(): void {
    if (this.#isStopped) return;
    if (this.#wallClock.wasSetBack())
      for (const { certificate } of this.#paths)
        certificate.doubt('the clock, by which files are told apart, was set back');
    this.#looks.addAll(this.#paths);
    this.#patterns.look();
    this.#loop.checkAll();
  }

  /** Looks at the logs that had one of some names before their rotation. */
  #lookAtLogsOf(names: string[]): void {
    for (const path of this.#paths) if (path.mayHaveLost(names)) path.look();
  }

  #onLine(file: FollowedFile, line: Buffer, offset: number): boolean {
    const position = { file: file.path, inode: file.inode, offset };
    const taken = this.#context.onMatch({ source: file.path, line, position, atMs: Date.now() });
    if (taken === 'counted') file.figures.matches++;
    else file.figures.passedOver++;
    if (!this.#context.isOver()) return true;
    file.endAt(offset + line.length);
    return false;
  }

  /** What was not read of a file is a gap unless a copy holds it. Returns whether it is a copy itself now. */
  #onTruncated(follower: Follower, truncation: Truncation): boolean {
    const { file } = follower;
    const found = this.#paths.map((path) => (path.file === file ? path.recover(truncation, file) : 0));
    // Where nothing was read of it, it is not known to have held anything.
    if (truncation.position.readTo === 0) return false;
    follower.noteTruncation(truncation, truncation.unreadBytes - Math.max(0, ...found));
    return this.#originals.seek(follower);
  }

  #describe(source: string, file: FollowedFile, state = 'following'): SourceStatus {
    const { inode, offset, figures } = file;
    const { lines, bytes, matches, passedOver } = figures;
    const wokenBy = this.#loop.of(file)?.isPolled === false ? 'inotify' : 'polling';
    return { source, state, wokenBy, inode, offset, lines, bytes, matches, passedOver };
  }

  #onPolling(path: string, reason: string): void {
    if (this.#toldReasons.has(reason)) return;
    this.#toldReasons.add(reason);
    this.#context.remark(`${path} is looked at every ${this.#intervalMs} ms, because ${reason}`);
  }
}

/** The followers that belong to each certificate. */
function byCertificate(all: Follower[]): Map<Certificate, Follower[]> {
  const found = new Map<Certificate, Follower[]>();
  for (const follower of all)
    for (const certificate of follower.certificates) {
      const others = found.get(certificate);
      if (others) others.push(follower);
      else found.set(certificate, [follower]);
    }
  return found;
}

/** A certificate, with what is still open of the followed files that belong to it. */
function statusOf(certificate: Certificate, followers: Follower[]) {
  const shortcomings = followers.map((each) => each.shortcomings);
  return certificate.status(
    followers.map(({ file }) => file.span),
    { doubts: shortcomings.flatMap(({ doubts }) => doubts), gaps: shortcomings.flatMap(({ gaps }) => gaps) },
  );
}
