/**
 * The files that new entries may be in. They are held open from arming on, or from when they appear, and are known by what they
 * are, not by their names. So a file that is renamed or deleted is read to its end, and nothing is read twice.
 */
import { lstatSync } from 'node:fs';
import { errnoOf } from '../../../../errors.ts';
import type { Clock } from '../../../../host/clock.ts';
import type { EntryPlace } from '../cursor.ts';
import { JournalFile, JournalFileError } from '../format/journal-file.ts';
import { findJournalFiles, foldersOfJournal, isInNamespace, isLiveName, type JournalPlace } from '../locations.ts';
import { comparePlaces, placeOf } from './entry-order.ts';
import { HeldFile } from './held-file.ts';
import { closeAll, openAll } from './open-all.ts';

export class HeldFiles {
  readonly #place: JournalPlace;
  readonly #clock: Clock;
  #held: HeldFile[] = [];
  /** The paths of files that hold nothing new. */
  #done = new Set<string>();
  /** How far files were read that are no longer held, by their ids. */
  readonly #progress = new Map<string, number>();
  /** The folders in which files may come or go. */
  folders: readonly string[] = [];
  /** Whether the next look is to begin with a search for files. */
  isScanDue = true;

  constructor(place: JournalPlace, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
  }

  get all(): readonly HeldFile[] {
    return this.#held;
  }

  /**
   * Opens every file that journald writes to, positioned behind its last entry. Returns the last entry of all, undefined where
   * there is none. Throws a JournalFileError for a file that cannot be read.
   */
  arm(): LastEntry | undefined {
    for (const path of findJournalFiles(this.#place))
      if (isLiveName(path)) this.#hold(path, { isNew: false });
      else this.#done.add(path);
    const own = this.#held.filter(({ isOfNamespace }) => !isOfNamespace);
    return lastOf(own.map(({ file }) => file)) ?? lastOfAll(this.#place);
  }

  close(): void {
    closeAll(this.#held.map(({ file }) => file));
    this.#held = [];
  }

  /** Whether any file has something new, by a few bytes of each. */
  get hasNews(): boolean {
    return this.#held.some(({ stage, hasMore, file }) => stage !== 'reference' && (hasMore || file.hasChanged()));
  }

  /** Looks for files that have come, been renamed or gone. `onFailure` hears of a new file that cannot be opened. */
  scan(onFailure: (path: string, error: unknown) => void): void {
    this.isScanDue = false;
    this.folders = foldersOfJournal(this.#place);
    const paths = findJournalFiles(this.#place);
    const named = new Set<HeldFile>();
    for (const path of paths) {
      const identity = this.#done.has(path) ? undefined : identityOf(path);
      if (identity === undefined) continue;
      const known = this.#held.find(({ file }) => file.identity === identity);
      const held = known ?? this.#hold(path, { isNew: true, onFailure });
      if (!held) continue;
      held.path = path;
      named.add(held);
    }
    for (const held of this.#held) {
      if (named.has(held) || held.path === undefined) continue;
      held.path = undefined;
      held.changedMs = this.#clock.nowMs();
    }
    this.#done = this.#done.intersection(new Set(paths));
  }

  /** Reads the headers of the files that have something new. */
  refresh(onFailure: (held: HeldFile, error: unknown) => void): void {
    const nowMs = this.#clock.nowMs();
    const held = this.#held.filter(({ stage }) => stage !== 'reference');
    // Those in memory come last: an entry that was copied to disk must be found in memory.
    for (const each of held.sort((a, b) => Number(a.isRuntime) - Number(b.isRuntime))) {
      each.stage = each.isClosed(nowMs) ? 'closing' : 'open';
      try {
        if (!each.file.hasChanged()) continue;
        each.file.refresh();
        each.changedMs = nowMs;
      } catch (error) {
        onFailure(each, error);
      }
    }
  }

  /** The last number of each numbering, by the headers as the last `refresh` read them. */
  lastNumbers(): Map<string, number> {
    const last = new Map<string, number>();
    for (const { file } of this.#held)
      last.set(file.seqnumId, Math.max(last.get(file.seqnumId) ?? 0, file.header.tailSeqnum));
    return last;
  }

  /** Lets go of closed files that were read to their end. */
  settle(): void {
    for (const held of this.#held.filter(({ stage, hasMore }) => stage !== 'open' && !hasMore)) {
      if (held.isRuntime && held.path !== undefined) held.stage = 'reference';
      else this.giveUp(held);
    }
  }

  /** Lets go of a file. One that is still there, or a path, is not opened again. */
  giveUp(what: HeldFile | string): void {
    const path = typeof what === 'string' ? what : what.path;
    if (path !== undefined) this.#done.add(path);
    if (typeof what === 'string') return;
    this.#held = this.#held.filter((each) => each !== what);
    this.#progress.set(what.file.fileId, what.next);
    what.file.close();
  }

  /** Opens a file and holds it. Returns undefined for one that is held already or cannot be opened. */
  #hold(
    path: string,
    { isNew, onFailure }: { isNew: boolean; onFailure?: (path: string, error: unknown) => void },
  ): HeldFile | undefined {
    try {
      const file = JournalFile.open(path);
      const twin = this.#held.find((each) => each.file.fileId === file.fileId);
      if (twin) {
        file.close();
        this.#noteTwin(twin);
        return undefined;
      }
      const known = this.#progress.get(file.fileId);
      const next = isNew ? (known ?? 0) : file.header.entries;
      const isOfNamespace = isInNamespace(this.#place, path);
      const how = { path, next, isNew: isNew && known === undefined, isOfNamespace };
      const held = new HeldFile(file, how, this.#clock.nowMs());
      this.#held.push(held);
      return held;
    } catch (error) {
      const isUnfinished = error instanceof JournalFileError && error.kind === 'unfinished';
      if (isUnfinished || errnoOf(error) === 'ENOENT') this.isScanDue = true;
      else if (onFailure) onFailure(path, error);
      else throw error;
      return undefined;
    }
  }

  /** Another file has the id of one that is held. If it has replaced that one, it is read on when that one is done. */
  #noteTwin(twin: HeldFile): void {
    if (twin.path !== undefined && identityOf(twin.path) === twin.file.identity) return;
    twin.hasSuccessor = true;
    this.isScanDue = true;
  }
}

/** Device and inode, in the form of JournalFile; undefined for what is no file. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found?.isFile() ? `${found.dev}:${found.ino}` : undefined;
}

export interface LastEntry {
  place: EntryPlace;
  cursor: string;
}

function lastOf(files: readonly JournalFile[]): LastEntry | undefined {
  let last: LastEntry | undefined;
  for (const file of files) {
    const entry = file.entryAt(file.header.entries - 1);
    if (!entry) continue;
    const place = placeOf(file, entry);
    if (!last || comparePlaces(place, last.place) > 0) last = { place, cursor: entry.cursor() };
  }
  return last;
}

/** The last entry of all files, also those that are full. */
function lastOfAll(place: JournalPlace): LastEntry | undefined {
  const files = openAll(place);
  try {
    return lastOf(files);
  } finally {
    closeAll(files);
  }
}
