/** The files that fit the patterns that the user named: those that come are followed, those that have gone are forgotten. */
import type { Gate } from '../../../../host/gate.ts';
import type { SourceStatus } from '../../../../plugin.ts';
import { Turns } from '../follow/turns.ts';
import { clockLagMs, isNewFile } from '../rotation/neighbours.ts';
import { isRotationOf } from '../rotation/rotated-names.ts';
import type { WatchedPath } from './watched-path.ts';
import type { WatchedPattern } from './watched-pattern.ts';

/** A name is forgotten after so many looks in a row without a file of that name, or one that has it after a rotation. */
const forgottenAfterLooks = 60;

const passedOverDoubt =
  'a file that fits has the name of a watched one after its rotation, and was not read by that name';

/** The source that the files belong to. */
export interface PatternHost {
  /** All watched paths, named or found. */
  paths(): readonly WatchedPath[];
  /** Watches a further path; `missingMs` is when nothing had it yet, in milliseconds since the epoch. */
  add(path: string, missingMs?: number): WatchedPath;
  remove(path: WatchedPath): void;
  /** Whether a file to which a path has led is still followed. */
  isInUse(path: WatchedPath): boolean;
}

export class PatternFiles {
  readonly #patterns: WatchedPattern[];
  readonly #host: PatternHost;
  /** The paths that were found, by which pattern, and at how many looks in a row there was no file. */
  readonly #found = new Map<WatchedPath, { pattern: WatchedPattern; misses: number }>();
  /** Files that have come and are to be followed from their beginning; `missingMs` as in {@link PatternHost.add}. */
  readonly #coming = new Map<string, { pattern: WatchedPattern; missingMs: number }>();
  readonly #looks: Turns<WatchedPattern>;
  /** Thousands of files may come at once: everything else has its turn in between. */
  readonly #intake: Turns<string>;

  /** `gate` is that of their file system, if it may stop to answer. */
  constructor(patterns: WatchedPattern[], host: PatternHost, gate?: Gate) {
    this.#patterns = patterns;
    this.#host = host;
    this.#looks = new Turns((pattern) => this.#look(pattern), gate);
    this.#intake = new Turns((path) => this.#take(path), gate);
  }

  /** Finds the files that fit now: what they hold is old. */
  start(): void {
    for (const pattern of this.#patterns) {
      pattern.start(() => this.#looks.add(pattern));
      for (const path of this.#findNew(pattern)) this.#add(path, pattern);
    }
  }

  stop(): void {
    for (const pattern of this.#patterns) pattern.stop();
    this.#looks.clear();
    this.#intake.clear();
  }

  /** Follows the files that have come from their beginning, and forgets the names that have gone. */
  look(): void {
    this.#forgetGone();
    this.#looks.addAll(this.#patterns);
  }

  /** The files that fit have a row each; this is what there is to say beside them. */
  status(): SourceStatus[] {
    return this.#patterns.map((pattern) => {
      const fitting = [...this.#found].filter(([{ file }, found]) => file && found.pattern === pattern).length;
      const state = fitting === 0 ? 'waiting for files that fit' : `files that fit: ${fitting}`;
      return { source: pattern.pattern, state, ...pattern.certificate.status([], { doubts: [], gaps: [] }) };
    });
  }

  #look(pattern: WatchedPattern): void {
    const missingMs = pattern.lookedMs;
    const found = this.#findNew(pattern);
    for (const path of found) this.#coming.set(path, { pattern, missingMs });
    this.#intake.addAll(found);
  }

  /** The files that fit and are not watched yet. */
  #findNew(pattern: WatchedPattern): string[] {
    const known = new Set([...this.#host.paths().map(({ path }) => path), ...this.#coming.keys()]);
    return pattern.find((path) => known.has(path)).filter((path) => !known.has(path));
  }

  /**
   * Follows a file that has come. One with the name of a watched log after its rotation is passed over if it is older than that
   * name: it is that log, or was once. A new one is a log of its own, or a copy, of which what it repeats is not read again.
   */
  #take(path: string): void {
    const coming = this.#coming.get(path);
    if (!coming) return;
    this.#coming.delete(path);
    const { pattern, missingMs } = coming;
    const log = findLogOf(path, this.#host.paths());
    if (!log || isNewFile(path, missingMs - clockLagMs)) {
      this.#add(path, pattern, missingMs).look();
      return;
    }
    pattern.certificate.doubt(passedOverDoubt);
    // Without the log's name, what has been examined under it would be taken for a log of its own.
    const found = this.#found.get(log);
    if (found) found.misses = 0;
  }

  #add(path: string, pattern: WatchedPattern, missingMs?: number): WatchedPath {
    const watched = this.#host.add(path, missingMs);
    this.#found.set(watched, { pattern, misses: 0 });
    return watched;
  }

  #forgetGone(): void {
    for (const [path, found] of this.#found) {
      found.misses = path.file ? 0 : found.misses + 1;
      if (found.misses <= forgottenAfterLooks || this.#host.isInUse(path)) continue;
      found.pattern.certificate.absorb(path.certificate);
      this.#found.delete(path);
      this.#host.remove(path);
    }
  }
}

/** The watched log that a file is after its rotation, by its name: `app.log` for `app.log.1` beside it. */
function findLogOf(path: string, watched: readonly WatchedPath[]): WatchedPath | undefined {
  return watched.find(({ path: log }) => path.startsWith(log) && isRotationOf(path, log));
}
