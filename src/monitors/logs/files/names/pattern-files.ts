/** The files that fit the patterns that the user named: those that come are followed, those that have gone are forgotten. */
import { errnoOf, messageOf } from '../../../../errors.ts';
import type { SourceStatus } from '../../../../plugin.ts';
import { turnMs } from '../follow/turns.ts';
import { isRotationOf } from '../rotation/rotated-names.ts';
import type { PassedOver } from './passed-over.ts';
import type { WatchedPath } from './watched-path.ts';
import type { WatchedPattern } from './watched-pattern.ts';

/** A name is forgotten after so many looks in a row without a file of that name, or one that has it after a rotation. */
const forgottenAfterLooks = 60;

const passedOverDoubt =
  'a file that fits has the name of a watched one after its rotation, and what it holds is not read';

/** The source that the files belong to. */
export interface PatternHost {
  /** All watched paths, named or found. */
  paths(): readonly WatchedPath[];
  /** Watches a further path; `missingMs` is when nothing had it yet, in milliseconds since the epoch. */
  add(path: string, missingMs?: number): WatchedPath;
  remove(path: WatchedPath): void;
  /** Whether a file to which a path has led is still followed. */
  isInUse(path: WatchedPath): boolean;
  /** Looks at the logs that had one of some names before their rotation. */
  lookAtLogsOf(names: string[]): void;
  passedOver: PassedOver;
  debug(text: string): void;
}

export class PatternFiles {
  readonly #patterns: WatchedPattern[];
  readonly #host: PatternHost;
  /** The paths that were found, by which pattern, and at how many looks in a row there was no file. */
  readonly #found = new Map<WatchedPath, { pattern: WatchedPattern; misses: number }>();
  /** Files that have come and are to be followed from their beginning; `missingMs` as in {@link PatternHost.add}. */
  readonly #coming: Array<{ path: string; pattern: WatchedPattern; missingMs: number }> = [];
  /** When files that fit were last looked for, in milliseconds since the epoch. */
  #lookedMs = Date.now();
  #isLookPlanned = false;
  #isStopped = false;

  constructor(patterns: WatchedPattern[], host: PatternHost) {
    this.#patterns = patterns;
    this.#host = host;
  }

  /** Finds the files that fit now: what they hold is old. */
  start(): void {
    for (const pattern of this.#patterns) pattern.start(() => this.#planLook());
    for (const [path, pattern] of this.#findNew()) this.#add(path, pattern);
  }

  stop(): void {
    this.#isStopped = true;
    for (const pattern of this.#patterns) pattern.stop();
  }

  /** Follows the files that have come from their beginning, and forgets the names that have gone. */
  look(): void {
    if (this.#patterns.length === 0) return;
    this.#forgetGone();
    this.#takeNew();
  }

  /** The files that fit have a row each; this is what there is to say beside them. */
  status(): SourceStatus[] {
    return this.#patterns.map((pattern) => {
      const fitting = [...this.#found].filter(([{ file }, found]) => file && found.pattern === pattern).length;
      const state = fitting === 0 ? 'waiting for files that fit' : `files that fit: ${fitting}`;
      return { source: pattern.pattern, state, ...pattern.certificate.status([], { doubts: [], gaps: [] }) };
    });
  }

  /** Looks at the end of this turn of the event loop, however many hints there are. */
  #planLook(): void {
    if (this.#isLookPlanned) return;
    this.#isLookPlanned = true;
    setImmediate(() => {
      this.#isLookPlanned = false;
      if (!this.#isStopped) this.#takeNew();
    });
  }

  #takeNew(): void {
    const isAtWork = this.#coming.length > 0;
    const missingMs = this.#lookedMs;
    this.#lookedMs = Date.now();
    for (const [path, pattern] of this.#findNew()) this.#coming.push({ path, pattern, missingMs });
    if (!isAtWork) this.#takeComing();
  }

  /** Thousands of files may come at once: everything else has its turn in between. */
  #takeComing(): void {
    if (this.#isStopped) return;
    const endMs = performance.now() + turnMs;
    for (let next = this.#coming[0]; next && performance.now() < endMs; next = this.#coming[0]) {
      this.#coming.shift();
      const log = findLogOf(next.path, this.#host.paths());
      if (log) this.#passOver(next.path, next.pattern, log);
      else this.#add(next.path, next.pattern, next.missingMs).look();
    }
    if (this.#coming.length > 0) setImmediate(() => this.#takeComing());
  }

  #passOver(path: string, pattern: WatchedPattern, log: WatchedPath): void {
    // Without the log's name, what has been examined under it would be taken for a log of its own.
    const found = this.#found.get(log);
    if (found) found.misses = 0;
    const { passedOver, lookAtLogsOf, debug } = this.#host;
    try {
      if (passedOver.mayHoldMore(path, () => lookAtLogsOf([path]))) pattern.certificate.doubt(passedOverDoubt);
    } catch (error) {
      debug(`${path}: ${messageOf(error)}`);
      if (errnoOf(error) !== 'ENOENT') pattern.certificate.doubt(passedOverDoubt);
    }
  }

  /** The files that fit and are not watched yet, with the first pattern that they fit. */
  #findNew(): Map<string, WatchedPattern> {
    const known = new Set([...this.#host.paths(), ...this.#coming].map(({ path }) => path));
    const fitting = new Map<string, WatchedPattern>();
    for (const pattern of this.#patterns)
      for (const path of pattern.find((each) => known.has(each)))
        if (!known.has(path) && !fitting.has(path)) fitting.set(path, pattern);
    return fitting;
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

/** The watched log that a file which has come is after its rotation, by its name: `app.log` for `app.log.1` beside it. */
function findLogOf(path: string, watched: readonly WatchedPath[]): WatchedPath | undefined {
  return watched.find(({ path: log }) => path.startsWith(log) && isRotationOf(path, log));
}
