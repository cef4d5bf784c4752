/** One path that the user named, and the file that it leads to at the moment. */
import { fstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, messageOf } from '../../errors.ts';
import type { FollowedFile } from './followed-file.ts';
import { identityOf } from './followed-file.ts';
import { findNewNeighbours } from './neighbours.ts';
import type { OpenFiles } from './open-files.ts';
import type { WakeUp } from './wake-up.ts';
import { wakeOn } from './wake-up.ts';

/** The kernel takes birth times from a clock that lags by a tick, at most 10 ms: this covers it. */
const clockLagMs = 50;

export class WatchedPath {
  readonly path: string;
  /** The file that it leads to; undefined while there is none. */
  file: FollowedFile | undefined;
  readonly #open: OpenFiles;
  readonly #remark: (text: string) => void;
  readonly #onPolling: (reason: string) => void;
  #folder: { identity: string; wakeUp: WakeUp | undefined } | undefined;
  /** Until when the path is known to have led to `file`, in milliseconds since the epoch. */
  #confirmedMs = Date.now();
  #lastProblem: string | undefined;

  constructor(path: string, open: OpenFiles, remark: (text: string) => void, onPolling: (reason: string) => void) {
    this.path = path;
    this.#open = open;
    this.#remark = remark;
    this.#onPolling = onPolling;
  }

  /** Finds the file, at its end: what it holds by now is old. */
  start(): void {
    this.#watchFolder();
    this.#look('end');
  }

  /** Looks whether the path leads to another file by now. A file that was not there before is new from its beginning. */
  look(): void {
    this.#look('beginning');
    if (!this.file) this.#watchFolder();
  }

  stop(): void {
    this.#folder?.wakeUp?.close();
  }

  #look(at: 'beginning' | 'end'): void {
    const lookedMs = Date.now();
    const stat = this.#stat();
    if (this.file && !this.#open.has(this.file.identity)) this.file = undefined;
    if (stat && this.file && identityOf(stat) === this.file.identity) this.#reopenIfStale(this.file, stat.size);
    else if (stat || this.file) this.#change(stat !== undefined, at);
    this.#confirmedMs = lookedMs;
  }

  /** What the path leads to, if it is a file. */
  #stat() {
    try {
      const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
      if (stat?.isFile()) return stat;
      if (stat) this.#tell('is not a regular file: one is waited for');
    } catch (error) {
      // ENOTDIR: a folder on the way was replaced; what comes in its place is waited for as well.
      if (errnoOf(error) !== 'ENOTDIR') this.#tell(messageOf(error));
    }
    return undefined;
  }

  #change(isThere: boolean, at: 'beginning' | 'end'): void {
    const previous = this.file;
    this.file = undefined;
    try {
      if (isThere) this.file = this.#open.acquire(this.path, at);
      this.#lastProblem = undefined;
    } catch (error) {
      // ENOENT: gone again since the stat.
      if (errnoOf(error) !== 'ENOENT') this.#tell(messageOf(error));
    }
    if (at === 'beginning') this.#catchUp();
    if (previous) this.#open.release(previous);
  }

  /** Reads also what had this name only between two looks. */
  #catchUp(): void {
    const isKnown = (identity: string): boolean => this.#open.has(identity);
    for (const path of findNewNeighbours(this.path, this.#confirmedMs - clockLagMs, isKnown)) {
      try {
        this.#open.release(this.#open.acquire(path, 'beginning'));
      } catch {
        // Renamed once more, or removed: the next look finds it by its new name, if it has one.
      }
    }
  }

  /**
   * On an overlay file system a file that was opened before its first write stays the lower layer's copy, and never
   * grows: then the path shows a size that the descriptor does not.
   */
  #reopenIfStale(file: FollowedFile, pathSize: bigint): void {
    if (pathSize > fstatSync(file.fd, { bigint: true }).size) this.file = this.#open.replace(file, this.path);
  }

  /** Watches the folder for names that come and go; again when the folder is another one. */
  #watchFolder(): void {
    const folder = dirname(this.path);
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    const identity = stat ? identityOf(stat) : '';
    if (this.#folder?.identity === identity) return;
    this.#folder?.wakeUp?.close();
    const onChange = (kind: 'change' | 'rename'): void => {
      if (kind === 'rename') this.look();
    };
    this.#folder = { identity, wakeUp: wakeOn(folder, onChange, this.#onPolling) };
  }

  /** Says what is wrong with the path, once for as long as it stays so. */
  #tell(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.#remark(`${this.path}: ${problem}`);
  }
}
