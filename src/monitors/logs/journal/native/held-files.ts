/**
 * The files of a journal that new entries may be in. They are held open from arming on, or from when they appear, and known by
 * what they are and not by their names: so what is renamed or deleted is read to its end, and nothing is read twice.
 */
import { lstatSync, statSync } from 'node:fs';
import { errnoOf } from '../../../../errors.ts';
import { JournalFile, JournalFileError } from '../format/journal-file.ts';
import { findJournalFiles, foldersOfJournal, isLiveName, isRuntime, parentsOfJournal } from '../locations.ts';
import type { Place } from './entry-order.ts';
import { comparePlaces, placeOf } from './entry-order.ts';

/** A file that has no name any more, and is not closed in order, is let go when nothing came for so long. */
const letGoAfterMs = 60_000;
/** What is renamed, made and deleted within the same tick of the kernel's clock leaves the folder's time as it was. */
const unsettledMs = 100;
/** How often the files that were quiet of late are looked at, in looks. */
const quietEvery = 16;
const busyFiles = 8;
/** How often arming begins anew because files came or went meanwhile. */
const mostAttempts = 20;

export class HeldFile {
  readonly file: JournalFile;
  /** Whether it has come after arming. */
  readonly isNew: boolean;
  /** Whether what is in it may be copied to disk. */
  readonly isRuntime: boolean;
  /** The ordinal of the next entry to be examined. */
  next: number;
  /** The number of the entry before that. */
  lastNumber = Number.NaN;
  /** Where it is at present; undefined: nowhere any more. */
  path: string | undefined;
  /** The same file is there as another one, with more in it perhaps. */
  hasSuccessor = false;
  /** Since when it cannot be read. */
  failingSinceMs: number | undefined;
  /** The size of the file when its header could not be read. */
  failedSize: number | undefined;
  /** When it last had something new, or lost its name. */
  changedMs = performance.now();
  /** Nothing will come any more, unless it has come before this was set. */
  isLeaving = false;
  /** It is only kept to compare with. */
  isFinal = false;

  constructor(file: JournalFile, path: string, next: number, isNew: boolean) {
    this.file = file;
    this.path = path;
    this.next = next;
    this.isNew = isNew;
    this.isRuntime = isRuntime(path);
  }

  get hasMore(): boolean {
    return this.next < this.file.header.entries;
  }

  /** Whether journald will not write to it any more. */
  get isClosed(): boolean {
    if (this.path !== undefined) return !isLiveName(this.path);
    if (this.hasSuccessor || this.file.header.state !== 'online') return true;
    return performance.now() - this.changedMs > letGoAfterMs;
  }
}

export class HeldFiles {
  readonly #dir: string | undefined;
  readonly #onFailure: (path: string, error: unknown) => void;
  /** Those that had something new of late come first. */
  #held: HeldFile[] = [];
  /** The paths of files that hold nothing new. */
  #done = new Set<string>();
  /** How far files have been read that are not held any more, by their ids. */
  readonly #progress = new Map<string, number>();
  #folders: string[] = [];
  #times = '';
  #isScanDue = true;
  #looks = 0;

  /** `dir` as in the plan. `onFailure` hears of a file that has come and cannot be read, each time that it is tried. */
  constructor(dir: string | undefined, onFailure: (path: string, error: unknown) => void) {
    this.#dir = dir;
    this.#onFailure = onFailure;
  }

  get all(): readonly HeldFile[] {
    return this.#held;
  }

  /** The folders that are to be watched for files that come or go. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  /**
   * Opens every file that is written to and positions it behind its last entry; returns the place of the last one of all,
   * undefined where there is none. Throws a JournalFileError for a file that cannot be read.
   */
  arm(): { place: Place; cursor: string } | undefined {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const before = findJournalFiles(this.#dir);
      for (const path of before)
        if (isLiveName(path)) this.#hold(path, false);
        else this.#done.add(path);
      if (findJournalFiles(this.#dir).join() === before.join()) break;
      // A file that was renamed in between would be taken for a new one.
      this.close();
      this.#done.clear();
    }
    this.#isScanDue = true;
    const last = lastOf(this.#held.map(({ file }) => file));
    return last ?? lastOfFull([...this.#done]);
  }

  close(): void {
    for (const { file } of this.#held) file.close();
    this.#held = [];
  }

  /** The next look begins with a search for files. */
  planScan(): void {
    this.#isScanDue = true;
  }

  get isScanDue(): boolean {
    return this.#isScanDue;
  }

  /** Whether files may have come or gone, by the times of the folders. */
  noticeFolders(): boolean {
    const times = [...parentsOfJournal(this.#dir), ...this.#folders].map(timeOf);
    const text = times.join();
    const isSettled = times.every((time) => Math.abs(Date.now() - time) > unsettledMs);
    if (text !== this.#times || !isSettled) this.#isScanDue = true;
    if (isSettled) this.#times = text;
    return this.#isScanDue;
  }

  /** Whether any file has something new, by a few bytes of each; of those that were quiet of late not at each look, unless `all`. */
  hasNews(all: boolean): boolean {
    this.#looks++;
    for (const [index, held] of this.#held.entries()) {
      if (held.isFinal) continue;
      if (held.hasMore || held.failingSinceMs !== undefined) return true;
      if (!all && index >= busyFiles && (index + this.#looks) % quietEvery !== 0) continue;
      if (held.file.hasChanged()) return true;
    }
    return false;
  }

  /** Looks for files that have come, been renamed or gone. */
  scan(): void {
    this.#isScanDue = false;
    this.#folders = foldersOfJournal(this.#dir);
    const paths = findJournalFiles(this.#dir);
    const named = new Set<HeldFile>();
    for (const path of paths) {
      if (this.#done.has(path)) continue;
      const identity = identityOf(path);
      if (identity === undefined) continue;
      const held = this.#held.find((each) => each.file.identity === identity) ?? this.#hold(path, true);
      if (!held) continue;
      held.path = path;
      named.add(held);
    }
    for (const held of this.#held) {
      if (named.has(held)) continue;
      if (held.path !== undefined) held.changedMs = performance.now();
      held.path = undefined;
    }
    const present = new Set(paths);
    this.#done = new Set([...this.#done].filter((path) => present.has(path)));
  }

  /** Reads the headers of the files that have something new. */
  refresh(onFailure: (held: HeldFile, error: unknown) => void): void {
    // Those in memory last: what has been copied from them to disk must be found in them.
    for (const held of [...this.#held.filter(isOnDisk), ...this.#held.filter((each) => !isOnDisk(each))]) {
      if (held.isFinal) continue;
      held.isLeaving = held.isClosed;
      try {
        if (!held.file.hasChanged()) continue;
        held.file.refresh();
        held.changedMs = performance.now();
      } catch (error) {
        // While it grows, it is being written anew: a newer copy, in place.
        if (held.failedSize !== held.file.size) held.failingSinceMs = undefined;
        held.failedSize = held.file.size;
        onFailure(held, error);
      }
    }
    if (this.#held.length > busyFiles) this.#held.sort((a, b) => b.changedMs - a.changedMs);
  }

  /** The number of the last entry of all files, by numbering, as their headers had it at the last `refresh`. */
  lastNumbers(): Map<string, number> {
    const last = new Map<string, number>();
    for (const { file } of this.#held)
      last.set(file.seqnumId, Math.max(last.get(file.seqnumId) ?? 0, file.header.tailSeqnum));
    return last;
  }

  /** Lets go of what has been read to its end and will not be written to any more. */
  settle(): void {
    for (const held of this.#held.filter((each) => each.isLeaving && !each.hasMore)) {
      // Its entries may still be copied to disk, and are compared then.
      if (held.isRuntime && held.path !== undefined) held.isFinal = true;
      else this.release(held);
    }
  }

  release(held: HeldFile): void {
    this.#held = this.#held.filter((each) => each !== held);
    this.#progress.set(held.file.fileId, held.next);
    if (held.path !== undefined) this.#done.add(held.path);
    held.file.close();
  }

  /** A file that cannot be read is not tried any more. */
  giveUp(path: string): void {
    this.#done.add(path);
  }

  /** Holds a file, unless it is one that is held already or cannot be opened. */
  #hold(path: string, isNew: boolean): HeldFile | undefined {
    try {
      const file = JournalFile.open(path);
      const twin = this.#held.find((each) => each.file.fileId === file.fileId);
      if (twin) {
        file.close();
        if (twin.path !== undefined && identityOf(twin.path) === twin.file.identity) return undefined;
        // It was replaced by a copy, which is read on when the present one has been read to its end.
        twin.hasSuccessor = true;
        this.#isScanDue = true;
        return undefined;
      }
      const known = this.#progress.get(file.fileId);
      const held = new HeldFile(file, path, isNew ? (known ?? 0) : file.header.entries, isNew && known === undefined);
      this.#held.push(held);
      return held;
    } catch (error) {
      const isUnfinished = error instanceof JournalFileError && error.kind === 'unfinished';
      if (isUnfinished || errnoOf(error) === 'ENOENT') this.#isScanDue = true;
      else if (isNew) this.#onFailure(path, error);
      else throw error;
      return undefined;
    }
  }
}

const isOnDisk = (held: HeldFile): boolean => !held.isRuntime;

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Device and inode, as JournalFile has them; undefined for what is no file. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isFile() ? `${found.dev}:${found.ino}` : undefined;
}

/** The last entry of all files. */
function lastOf(files: JournalFile[]): { place: Place; cursor: string } | undefined {
  let last: { place: Place; cursor: string } | undefined;
  for (const file of files) {
    const entry = file.entryAt(file.header.entries - 1);
    if (!entry) continue;
    const place = placeOf(file, entry);
    if (!last || comparePlaces(place, last.place) > 0) last = { place, cursor: entry.cursor() };
  }
  return last;
}

/** The same of files that nothing is written to any more; those that cannot be read are passed over. */
function lastOfFull(paths: string[]): { place: Place; cursor: string } | undefined {
  let last: { place: Place; cursor: string } | undefined;
  for (const path of paths) {
    let file: JournalFile | undefined;
    try {
      file = JournalFile.open(path);
      const own = lastOf([file]);
      if (own && (!last || comparePlaces(own.place, last.place) > 0)) last = own;
    } catch {
      // Nothing of it will be read.
    } finally {
      file?.close();
    }
  }
  return last;
}
