/** One path that the user named, and the file that it leads to at the moment. */

import type { BigIntStats } from 'node:fs';
import { closeSync, fstatSync, openSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf, messageOf } from '../../../errors.ts';
import { holding } from '../../../host/event-loop.ts';
import type { WakeUp } from '../../../host/wake-up.ts';
import { timesEventsMayBeLost } from '../../../host/wake-up.ts';
import type { OpenCompressedFile } from './compressed-file.ts';
import { isUnpackable } from './compressed-file.ts';
import { FileRecord, pollingDoubt } from './file-record.ts';
import { wakeOnNames } from './folder-names.ts';
import type { FollowedFile, Truncation } from './followed-file.ts';
import { identityOf } from './followed-file.ts';
import { NameEvents } from './name-events.ts';
import type { Neighbour, Rotated } from './neighbours.ts';
import { bornAs, findCopies, findNewNeighbours, haveSameNames, isRotationOf, listRotated } from './neighbours.ts';
import type { OpenFiles } from './open-files.ts';
import { Remembered } from './remembered.ts';
import { Turns } from './turns.ts';

/** The kernel takes birth times from a clock that lags by a tick, at most 10 ms: this covers it. */
const clockLagMs = 50;
/** Rig was stopped, or the host asleep, when it did not look for so long. */
const stoppedMs = 3000;

/** Of a name that came and went then, nobody has told. */
export const lostEventsDoubt = 'so much happened at once that the kernel did not tell of all of it';
const holeDoubt = 'NUL bytes were passed over in it, and what is written in their place later is not seen';
const folderMovedDoubt = 'its folder was renamed or removed, and another may have been in its place for a time';
const betweenLooksDoubt = 'between two looks another file, or more than one, may have had the name';

/** How often a copy is looked for where names change all the time. */
const mostTries = 10;

/** So many links in a row are a circle, as for the kernel. */
const mostLinks = 40;

/** What a path needs of the source that it belongs to. */
export interface PathContext {
  open: OpenFiles;
  /** When the rig was armed, in milliseconds since the epoch: what was last written before holds no new line. */
  armedMs: number;
  remark(text: string): void;
  /** inotify is not to be had for a path. */
  onPolling(path: string, reason: string): void;
  /** Whether there is room for another compressed file, which is open while it waits. */
  hasRoomForCompressed(): boolean;
  /** A compressed file holds lines that came and went unseen: it belongs to a path's certificate. */
  onCompressed(packed: OpenCompressedFile, record: FileRecord): void;
}

/** Where and since when files may have had a path's name for a while, unseen, and which files had it before and have it now. */
interface Passage {
  folders: string[];
  sinceMs: number;
  known: FollowedFile[];
  /** Whether what happened to the name meanwhile leaves room for one that has been compressed already. */
  mayBeCompressed: boolean;
  wasStopped: boolean;
}

const looks = new Turns<WatchedPath>((path) => path.look());

export class WatchedPath {
  readonly path: string;
  /** The file that it leads to; undefined while there is none. */
  file: FollowedFile | undefined;
  readonly record = new FileRecord();
  readonly #context: PathContext;
  readonly #nameEvents = new NameEvents();
  /** The time since which a copy of the file may hold what was cut off from it, in milliseconds since the epoch. */
  #wholeSinceMs: number;
  #folder: { identity: string; wakeUp: WakeUp | undefined; pollingReason: string | undefined } | undefined;
  /** The file that it led to before, should its file system have gone and be mounted anew; closed by now, perhaps. */
  #last: FollowedFile | undefined;
  /** Whether the path could not be looked at since it led to a file. */
  #wasUnreachable = false;
  /** Where the file really is, when the path is a link or has one in it. */
  #target: string | undefined;
  /** Until when the path is known to have led to `file`, in milliseconds since the epoch. */
  #confirmedMs: number;
  #timesLost = timesEventsMayBeLost();
  #lastProblem: string | undefined;
  /** Names changed while this was looked through, or there was too much to unpack: it is once more. */
  #unsettled: Passage | undefined;
  /** The rotated files, copies and compressed ones that were looked through, as {@link bornAs}. */
  readonly #examined = new Remembered<true>();
  #isLooking = false;
  /** Whether the path may lead to another file than `file` by now, which is not open yet. */
  #isChanging = false;
  /** Since when there may be copies of what came and was cut off between two looks, in milliseconds since the epoch, if so. */
  #betweenSinceMs: number | undefined;
  #isStopped = false;

  /** `confirmedMs` is when it was last known what the path leads to, or that it leads nowhere, in milliseconds since the epoch. */
  constructor(path: string, context: PathContext, confirmedMs = Date.now()) {
    this.path = path;
    this.#context = context;
    this.#confirmedMs = confirmedMs;
    this.#wholeSinceMs = context.armedMs;
  }

  /** Looks at all of some paths, beginning at once. */
  static lookAtAll(paths: WatchedPath[]): void {
    looks.addAll(paths);
  }

  /** Finds the file, at its end: what it holds by now is old. */
  start(): void {
    this.#watchFolder();
    this.#look('end');
  }

  /** Looks whether the path leads to another file by now. A file that was not there before is new from its beginning. */
  look(): void {
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    const previous = this.file;
    try {
      this.#look('beginning');
    } finally {
      this.#isLooking = false;
    }
    if (!this.file || this.file !== previous) this.#watchFolder();
  }

  /** Whether one of some names is that of this path, or of what it leads to, as rotation changes it. */
  mayHaveLost(names: string[]): boolean {
    return names.some((name) => this.#ownNames.some((log) => isRotationOf(name, log)));
  }

  /** Looks at the end of this turn of the event loop, however many hints there are: a folder can have thousands at once. */
  planLook(): void {
    looks.add(this);
  }

  /**
   * Looks for a copy that holds what was cut off from its file, `original`, or for one that was lost sight of (undefined) by its
   * new name, and has it read on there. Returns how many bytes that are, if there is one.
   */
  recover(
    truncation: Pick<Truncation, 'position' | 'wholeMs'>,
    original: FollowedFile | undefined,
  ): number | undefined {
    const { open } = this.#context;
    const sinceMs = this.#wholeSinceMs - clockLagMs;
    // What the file holds by now was copied after that, perhaps before it was looked at.
    this.#wholeSinceMs = truncation.wholeMs;
    let found: number | undefined;
    const hasMissed = (): boolean => {
      const rotated = this.#listRotated(this.#foldersOf(this.file));
      // One that has been followed may have been removed since.
      const followed = original ? open.copies.copiesOf(original) : [];
      for (const copy of findCopies([...rotated, ...followed], sinceMs)) {
        try {
          const { position } = truncation;
          const cutOff = { position, original, isRecovered: found !== undefined };
          const bytes = open.copies.recover(copy.path, cutOff, this.record);
          if (bytes === undefined) continue;
          found ??= bytes;
          this.#examined.set(bornAs(copy.stat), true);
        } catch {
          // Renamed once more, or removed: then it holds nothing for anyone.
        }
      }
      return found === undefined && !haveSameNames(rotated, this.#listRotated(this.#foldersOf(this.file)));
    };
    for (let tries = 0; tries < mostTries && hasMissed(); tries++);
    if (original) this.#betweenSinceMs ??= truncation.wholeMs - clockLagMs;
    // What is a copy of the file that the path leads to by now is told from others only when that is open.
    if (!this.#isChanging) this.#readBetween(this.#foldersOf(this.file));
    return found;
  }

  /** Reads the copies of what came and was cut off between two looks, when the file was truncated more than once. */
  #readBetween(folders: string[]): void {
    const sinceMs = this.#betweenSinceMs;
    this.#betweenSinceMs = undefined;
    if (sinceMs === undefined) return;
    const isKnown = (identity: string): boolean => this.#context.open.has(identity);
    const hasMissed = (): boolean => {
      const rotated = this.#listRotated(folders);
      for (const found of findNewNeighbours(rotated, sinceMs, isKnown)) {
        if (found.isCompressed || found.isOlder || this.#examined.has(found.born)) continue;
        try {
          this.#readPassed(found, []);
        } catch {
          // Renamed once more, or removed: it is looked for by its new name, if it has one.
        }
      }
      return !haveSameNames(rotated, this.#listRotated(folders));
    };
    for (let tries = 0; tries < mostTries && hasMissed(); tries++);
  }

  #readPassed(found: Neighbour, known: FollowedFile[]): void {
    this.#context.open.readPassed(found, this.record, known);
    this.#examined.set(found.born, true);
  }

  /** Notes what keeps "no gap" from being claimed of its file. */
  noteDoubtsOfFile(file = this.file): void {
    if (file?.hasHole) this.record.doubt(holeDoubt);
  }

  stop(): void {
    this.#isStopped = true;
    this.#folder?.wakeUp?.close();
  }

  #look(at: 'beginning' | 'end'): void {
    const lookedMs = Date.now();
    if (this.#timesLost !== timesEventsMayBeLost()) this.record.doubt(lostEventsDoubt);
    this.#timesLost = timesEventsMayBeLost();
    const stat = this.#stat();
    const { open } = this.#context;
    const isSame = stat && this.file && this.#leadsTo(identityOf(stat), this.file);
    if (isSame && this.file && open.has(this.file.identity)) {
      this.#reopenIfStale(this.file, stat.size);
      if (!this.#nameEvents.onSame()) this.record.doubt(betweenLooksDoubt);
      if (this.#unsettled) this.#catchUp(this.#unsettled);
    } else if (stat || this.file || this.#mayHaveHadFile || this.#unsettled) this.#change(stat, at, lookedMs);
    this.#confirmedMs = lookedMs;
  }

  /** Whether a file may have had the name since the last look, though there was none then and is none now. */
  get #mayHaveHadFile(): boolean {
    return this.#nameEvents.hasAny || this.#folder?.wakeUp === undefined || this.#isLink;
  }

  get #isLink(): boolean {
    return this.#target !== undefined && this.#target !== `${realFolder(this.path)}/${basename(this.path)}`;
  }

  get #ownNames(): string[] {
    return this.#target === undefined ? [this.path] : [this.path, this.#target];
  }

  /** The files in some folders that carry a name of this path as rotation changes it. */
  #listRotated(folders: string[]): Rotated[] {
    return [...new Set(this.#ownNames)].flatMap((name) => listRotated(name, folders));
  }

  #leadsTo(identity: string, file: FollowedFile): boolean {
    return identity === file.identity || this.#context.open.isRenamedTo(file, identity);
  }

  /** What the path leads to, if it is a file. */
  #stat() {
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
    const { open } = this.#context;
    const previous = this.file;
    // Where it was truncated before it lost its name, its copy is still to be found by that.
    this.#isChanging = true;
    if (previous) open.read(previous);
    this.#isChanging = false;
    this.noteDoubtsOfFile(previous);
    this.file = undefined;
    const folders = this.#foldersOf(previous);
    const wasRenamed = previous !== undefined && isStillNamed(previous);
    try {
      const from = stat && this.#isOld(stat, lookedMs) ? 'end' : at;
      if (stat) {
        const last = previous ? undefined : this.#lastElsewhere(stat);
        this.file = open.acquire(this.path, from, this.record, previous ?? last);
        // Rotated while it was out of sight: the rest of it is where it was rotated to.
        const lost = last && this.file.offset === 0 ? { position: last.position, wholeMs: lookedMs } : undefined;
        if (last && lost && this.recover(lost, undefined) !== undefined) open.leave(last);
        this.#last = this.file;
        this.#wasUnreachable = false;
        this.#lastProblem = undefined;
      }
    } catch (error) {
      // ENOENT: gone again since the stat.
      if (errnoOf(error) !== 'ENOENT') this.#tell(messageOf(error));
    }
    this.#readBetween(folders);
    if (at === 'beginning') {
      const { folders: before = [], sinceMs = this.#confirmedMs, known = [] } = this.#unsettled ?? {};
      const had = [previous, this.file].filter((file) => file !== undefined);
      const isExplained = this.#noteDoubts(previous, wasRenamed);
      const mayBeCompressed = !isExplained || (this.#unsettled?.mayBeCompressed ?? false);
      const wasStopped = this.#wasStopped || (this.#unsettled?.wasStopped ?? false);
      const passage = { folders: [...folders, ...before], sinceMs, known: [...had, ...known] };
      this.#catchUp({ ...passage, mayBeCompressed, wasStopped });
      if (this.file !== previous) this.#wholeSinceMs = this.#confirmedMs;
    } else this.#nameEvents.onSame();
    if (previous) open.release(previous);
  }

  /** The file that it led to before, unless that was on the file system that it leads to now and has been deleted there. */
  #lastElsewhere({ dev }: BigIntStats): FollowedFile | undefined {
    return this.#wasUnreachable || this.#last?.device !== String(dev) ? this.#last : undefined;
  }

  /**
   * Notes why another file may have come and gone unseen between this look and the one before. Returns whether what was announced
   * explains what is found.
   */
  #noteDoubts(previous: FollowedFile | undefined, wasRenamed: boolean): boolean {
    const { record } = this;
    if (!previous && !this.file && !this.#nameEvents.hasAny) return true;
    const isWatched =
      this.#folder?.wakeUp !== undefined && this.#folder.identity === identityOfFolder(dirname(this.path));
    const isExplained = this.#nameEvents.explain({
      hadFile: previous !== undefined,
      hasFile: this.file !== undefined,
      wasRenamed,
    });
    if (this.#wasStopped) record.doubt('rig was stopped, or the host asleep, when another file took the name');
    if (this.#folder?.pollingReason !== undefined) record.doubt(pollingDoubt(this.#folder.pollingReason));
    else if (!isWatched) record.doubt('another file may have had the name before its folder was watched');
    else if (this.#isLink) record.doubt('the link that leads to it was switched, or led to a new file');
    else if (!isExplained) record.doubt(betweenLooksDoubt);
    return isExplained;
  }

  /** Whether a file was last written before arming. Not to be told when the clock was set back since. */
  #isOld({ mtimeMs }: BigIntStats, nowMs: number): boolean {
    const { armedMs } = this.#context;
    return nowMs >= armedMs && Number(mtimeMs) < armedMs - clockLagMs;
  }

  /** Where what had this name may have gone: beside the path, beside what it leads to, and where the last file has gone. */
  #foldersOf(previous: FollowedFile | undefined): string[] {
    const folders = this.#target === undefined ? [] : [dirname(this.#target)];
    if (previous) folders.push(dirname(previous.place));
    const target = targetOf(this.path);
    if (target === undefined) return folders;
    this.#target = target;
    return [...folders, dirname(target)];
  }

  /**
   * Reads also what had this name only between two looks. Where names changed meanwhile, a file may have moved from one that was
   * still to be looked at to one that was not there when they were listed: then all of it is done again at the next look.
   */
  #catchUp(passage: Passage): void {
    const { folders, sinceMs, known, mayBeCompressed, wasStopped } = passage;
    const { open } = this.#context;
    const isKnown = (identity: string): boolean => open.has(identity);
    // What cannot be unpacked was most likely read before, where rig was away for but a moment.
    const isWanted = (path: string): boolean => wasStopped || (mayBeCompressed && isUnpackable(path));
    this.#unsettled = undefined;
    for (const name of new Set(this.#ownNames)) {
      const rotated = listRotated(name, folders);
      for (const found of findNewNeighbours(rotated, sinceMs - clockLagMs, isKnown)) {
        try {
          if (!found.isCompressed) this.#readPassed(found, known);
          else if (isWanted(found.path) && !this.#unpack(found)) this.#unsettled = passage;
        } catch {
          // Renamed once more, or removed: the next look finds it by its new name, if it has one.
        }
      }
      if (!haveSameNames(rotated, listRotated(name, folders))) this.#unsettled = passage;
    }
  }

  /** Returns whether that can be done by now. Throws what opening throws. */
  #unpack({ path, identity, born }: Neighbour): boolean {
    if (this.#examined.has(born)) return true;
    if (!this.#context.hasRoomForCompressed()) return false;
    const fd = openSync(path, 'r');
    if (identityOf(fstatSync(fd, { bigint: true })) === identity) {
      this.#examined.set(born, true);
      this.#context.onCompressed({ path, fd }, this.record);
    } else closeSync(fd);
    return true;
  }

  get #wasStopped(): boolean {
    return Date.now() - this.#confirmedMs >= stoppedMs;
  }

  /**
   * On an overlay file system of an old kernel a file that was opened before its first write stays the lower layer's copy,
   * and never grows: then the path shows a size that the descriptor does not.
   */
  #reopenIfStale(file: FollowedFile, pathSize: bigint): void {
    try {
      if (pathSize > fstatSync(file.fd, { bigint: true }).size) this.#context.open.reopen(file, this.path);
    } catch {
      // Renamed or removed since the path was looked at, or gone from its network file system: the next look finds out.
    }
  }

  /** Watches the folder for names that come and go; again when the folder is another one. */
  #watchFolder(): void {
    const folder = dirname(this.path);
    const identity = identityOfFolder(folder);
    if (this.#folder?.identity === identity) return;
    this.#folder?.wakeUp?.close();
    const [own, ofFolder] = [basename(this.path), basename(folder)];
    const onName = (name: string | undefined): void => {
      if (name === own) this.#nameEvents.count();
      // Of the folder itself libuv tells by its own name.
      else if (name === ofFolder) this.record.doubt(folderMovedDoubt);
      this.planLook();
    };
    let pollingReason: string | undefined;
    const onPolling = (reason: string): void => {
      pollingReason = reason;
      this.#context.onPolling(this.path, reason);
    };
    const wakeUp = identity === '' ? undefined : wakeOnNames(folder, identity, onName, onPolling);
    this.#folder = { identity, wakeUp, pollingReason };
  }

  /** Says what is wrong with the path, once for as long as it stays so. */
  #tell(problem: string): void {
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.record.doubt(`for a time ${problem}`);
    this.#context.remark(`${this.path}: ${problem}`);
  }
}

/** Whether an open file still has the name that it was opened by, or one that it was given since. */
function isStillNamed(file: FollowedFile): boolean {
  try {
    return !readlinkSync(`/proc/self/fd/${file.fd}`).endsWith(' (deleted)');
  } catch {
    // Closed since, or without /proc: it may be gone.
    return false;
  }
}

/**
 * Where a path leads, without links; also where that is a file which is not there: it may have been rotated away already.
 * Undefined where there is not even a link. See path_resolution(7).
 */
function targetOf(path: string, links = 0): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // It leads nowhere at the moment.
  }
  try {
    const next = resolve(realFolder(path), readlinkSync(path));
    return links < mostLinks ? (targetOf(next, links + 1) ?? join(realFolder(next), basename(next))) : undefined;
  } catch {
    // No link, or nothing there.
    return undefined;
  }
}

function realFolder(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch {
    // It leads nowhere at the moment.
    return dirname(path);
  }
}

/** Empty when there is no such folder, or none that can be looked at. */
export function identityOfFolder(folder: string): string {
  try {
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    return stat ? identityOf(stat) : '';
  } catch {
    // ENOTDIR, ELOOP: what comes in its place is waited for.
    return '';
  }
}
