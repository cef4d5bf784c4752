/** The systemd journal as a source: its files are read by rig itself, milliseconds after journald has written to them. */
import { holding } from '../../../../host/event-loop.ts';
import type { WakeUp } from '../../../../host/wake-up.ts';
import { wakeOn } from '../../../../host/wake-up.ts';
import type { SourceStatus } from '../../../../plugin.ts';
import { tellsInJournal } from '../../coverage.ts';
import type { JournalPlan } from '../../plan.ts';
import type { LinePosition, Source, SourceExcerpt } from '../../source.ts';
import type { Examination } from '../examination.ts';
import { DataTests } from '../format/field-checks.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';
import { JournalFileError } from '../format/journal-file.ts';
import type { Selection } from '../selection/selection.ts';
import { compileSelection } from '../selection/selection.ts';
import { Chain } from '../sequence.ts';
import type { Place } from './entry-order.ts';
import { Copies } from './flushed.ts';
import type { HeldFile } from './held-files.ts';
import { HeldFiles } from './held-files.ts';
import { readMerged } from './merge.ts';
import { JournalPace } from './pace.ts';
import { excerptAround } from './read-around.ts';

/** How often a busy journal is looked at unless --journal-latency says otherwise. */
const defaultLatencyMs = 25;
/** How long reading holds up everything else, and how many entries are examined between two looks at the clock. */
const sliceMs = 5;
const entriesPerLook = 32;
/** What looks broken may only be half written: so long it is tried again. */
const mayMendMs = 1000;
/** How often all files are looked at, those that were quiet of late too; and the folders where inotify cannot be had. */
const wholeLookMs = 200;
/** How often the folders are looked at unasked: inotify tells of what happens to names at once. */
const folderLookMs = 5000;

/** Rig was stopped, or the host asleep, when it did not look for so long. */
const stoppedMs = 3000;

/** Of what is asked of each entry: the bit that is set if its message matches. */
const matches = 1;

/** What the source tells its owner. */
export interface NativeListener {
  /** A file cannot be read. The answer says whether another reader takes over: then this one is stopped. */
  onUnreadable(error: Error): boolean;
}

export class NativeSource implements Source {
  readonly #dir: string | undefined;
  readonly #examination: Examination;
  readonly #listener: NativeListener;
  readonly #files: HeldFiles;
  readonly #copies = new Copies();
  readonly #pace: JournalPace;
  readonly #tests: DataTests;
  readonly #selectors: string[];
  readonly #selection: Selection | undefined;
  readonly #chains = new Map<HeldFile, Chain>();
  /** That of the last entry. */
  #chain: Chain | undefined;
  /** Where each numbering was when this was armed. */
  #armedAt = new Map<string, number>();
  #armedPlace: Place | undefined;
  /** The last entries of the look before the last, and of the last one. */
  #safeCursor: string | undefined;
  #lookCursor: string | undefined;
  /** The last entry seen. */
  #last: { held: HeldFile; ordinal: number } | undefined;
  #wakeUps = new Map<string, WakeUp>();
  /** Whether inotify cannot be had for a folder. */
  #isDeaf = false;
  /** Files that have come and cannot be read, since when. */
  readonly #failing = new Map<string, number>();
  /** The numberings of files that were deleted while they were held. */
  readonly #deleted = new Set<string>();
  /** When it was last asked to look, and whether that was ever so long ago that journals may have come and gone. */
  #askedMs = performance.now();
  #wasStopped = false;
  #round = 0;
  /** When all files were last looked at, and the folders. */
  #lookedMs = 0;
  #foldersLookedMs = 0;
  #untilClock = 0;
  #sliceEndMs = 0;
  #hasTaken = false;
  #isReading = false;
  #isOpen = false;
  /**
   * In this look: the number of the last entry of all files, by numbering, when each had been looked at once. Up to there every
   * entry is seen when they have been looked at again; one behind may have come to one file after another was looked at, and
   * what comes before it to that one.
   */
  #bounds: Map<string, number> | undefined;
  #isBeyond = false;
  /** In this look: the files that could not be read, those of them that are given up, and those in memory. */
  readonly #failed = new Set<HeldFile>();
  readonly #emptied = new Set<HeldFile>();
  #lost: Array<{ error: Error; giveUp(): void }> = [];
  #inMemory: JournalFile[] = [];

  /** Throws a RigError for a selection that cannot be. */
  constructor({ dir, latencyMs, selection }: JournalPlan, examination: Examination, listener: NativeListener) {
    this.#dir = dir;
    this.#examination = examination;
    this.#listener = listener;
    this.#selectors = selection;
    this.#selection = selection.length > 0 ? compileSelection(selection) : undefined;
    const { matcher } = examination.context;
    this.#tests = new DataTests([
      { field: 'MESSAGE', test: (value) => matcher.test(value) },
      { field: 'SYSLOG_IDENTIFIER', test: (value) => tellsInJournal(value.toString('latin1')) },
    ]);
    this.#files = new HeldFiles(dir, (path, error) => this.#onFailure(path, error));
    this.#pace = new JournalPace(latencyMs ?? defaultLatencyMs, () => this.#beat());
  }

  /** Throws a JournalFileError where a file cannot be read. */
  async start(): Promise<void> {
    try {
      const last = this.#files.arm();
      this.#armedPlace = last?.place;
      this.#examination.cursor = last?.cursor;
      this.#safeCursor = last?.cursor;
      this.#lookCursor = last?.cursor;
      this.#armedAt = this.#files.lastNumbers();
      for (const held of this.#files.all) held.lastNumber = held.file.header.tailSeqnum;
      this.#chain = last && new Chain(last.place.number);
      if (this.#chain)
        for (const numbering of this.#armedAt.keys()) this.#examination.sequence.join(numbering, this.#chain);
    } catch (error) {
      this.#files.close();
      throw error;
    }
    this.#isOpen = true;
    this.#watchFolders();
    this.#pace.hurry();
  }

  async stop(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pace.stop();
    for (const wakeUp of this.#wakeUps.values()) wakeUp.close();
    this.#noteCursor();
    this.#files.close();
  }

  /** Everything up to here has been examined, and what has been behind it, the examination's sequence knows. */
  get safeCursor(): string | undefined {
    return this.#safeCursor;
  }

  status(): SourceStatus[] {
    this.#noteCursor();
    const more = { source: 'journal', reader: 'native', files: this.#files.all.length };
    this.#examination.isTailGone = this.#isTailGone;
    return [this.#examination.status(true, { ...more, lookedAtEveryMs: this.#pace.everyMs })];
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    const triggerCursor = position && 'cursor' in position ? position.cursor : undefined;
    const cursor = triggerCursor ?? this.#examination.cursor;
    return cursor === undefined ? [] : [await excerptAround(this.#dir, this.#selectors, cursor, triggerCursor)];
  }

  close(): void {}

  /** inotify tells at once when files come, go or are renamed, and late when they are written to. */
  #watchFolders(): void {
    const wanted = new Set(this.#files.folders);
    this.#isDeaf = false;
    for (const [folder, wakeUp] of this.#wakeUps) {
      if (wanted.has(folder)) continue;
      wakeUp.close();
      this.#wakeUps.delete(folder);
    }
    for (const folder of wanted) {
      if (this.#wakeUps.has(folder)) continue;
      const wakeUp = wakeOn(
        folder,
        (kind) => this.#onHint(kind),
        (reason) => {
          this.#isDeaf = true;
          this.#examination.context.debug(`journal: ${folder} is looked at once a second: ${reason}`);
        },
      );
      if (wakeUp) this.#wakeUps.set(folder, wakeUp);
    }
  }

  #onHint(kind: 'change' | 'rename'): void {
    if (kind === 'rename') this.#files.planScan();
    if (this.#isOpen) this.#look();
  }

  #beat(): void {
    const now = performance.now();
    const isWhole = now - this.#lookedMs >= wholeLookMs;
    if (isWhole) this.#lookedMs = now;
    if (isWhole && (this.#isDeaf || now - this.#foldersLookedMs >= folderLookMs)) {
      this.#foldersLookedMs = now;
      this.#files.noticeFolders();
    }
    this.#look(isWhole);
  }

  #look(isWhole = false): void {
    if (this.#isReading || this.#examination.context.isOver()) return;
    const now = performance.now();
    if (now - this.#askedMs >= stoppedMs) this.#wasStopped = true;
    this.#askedMs = now;
    const isScanDue = this.#files.isScanDue;
    if (!isScanDue && !this.#files.hasNews(isWhole)) return;
    this.#isReading = true;
    this.#round++;
    this.#failed.clear();
    if (isScanDue) {
      this.#files.scan();
      this.#watchFolders();
    }
    const refresh = () => this.#files.refresh((held, error) => this.#onHeldFailure(held, error));
    refresh();
    this.#bounds = this.#files.all.length > 1 ? this.#files.lastNumbers() : undefined;
    this.#isBeyond = false;
    if (this.#bounds) refresh();
    this.#inMemory = this.#files.all.filter(({ isRuntime }) => isRuntime).map(({ file }) => file);
    this.#slice();
  }

  /** Reads for some milliseconds, then lets everything else have its turn. */
  #slice(): void {
    if (!this.#isOpen) return;
    this.#sliceEndMs = performance.now() + sliceMs;
    this.#untilClock = entriesPerLook;
    this.#hasTaken = false;
    const readable = this.#files.all.filter((held) => !this.#failed.has(held));
    const read = () => readMerged(readable, (held, entry) => this.#take(held, entry));
    const { isComplete, stuck } = holding('reading the journal', read);
    if (this.#hasTaken || this.#isBeyond) this.#pace.hurry();
    for (const { reading, error } of stuck) this.#onHeldFailure(reading, error);
    const isOver = this.#examination.context.isOver() || !this.#isOpen;
    if (!isComplete && !this.#isBeyond && !isOver) setImmediate(() => this.#slice());
    else if (!isOver) this.#endLook();
  }

  /** Everything that was there when the look began, and can be read, has been examined. */
  #endLook(): void {
    this.#isReading = false;
    const lost = this.#lost;
    this.#lost = [];
    for (const { error, giveUp } of lost) {
      if (this.#listener.onUnreadable(error)) return;
      giveUp();
    }
    for (const held of this.#emptied) {
      this.#files.release(held);
      this.#failed.delete(held);
    }
    this.#emptied.clear();
    if (this.#failed.size === 0) this.#settle();
  }

  #settle(): void {
    for (const held of this.#files.all) held.failingSinceMs = undefined;
    this.#noteCursor();
    this.#safeCursor = this.#lookCursor;
    this.#lookCursor = this.#examination.cursor;
    for (const held of this.#files.all) if (held.path === undefined) this.#deleted.add(held.file.seqnumId);
    this.#files.settle();
    for (const held of this.#chains.keys()) if (!this.#files.all.includes(held)) this.#chains.delete(held);
    const { sequence } = this.#examination;
    if (!sequence.hasHoles) return;
    const missing = sequence.claimMissing(this.#round);
    if (missing > 0) this.#examination.noteMissing(missing);
    // It may be in a file that is not known yet.
    this.#files.planScan();
  }

  #take(held: HeldFile, entry: StoredEntry): boolean {
    if (--this.#untilClock <= 0) {
      if (performance.now() >= this.#sliceEndMs) return false;
      this.#untilClock = entriesPerLook;
    }
    if (this.#examination.context.isOver()) return false;
    const { seqnum, ordinal } = entry;
    this.#isBeyond = seqnum > (this.#bounds?.get(held.file.seqnumId) ?? Number.POSITIVE_INFINITY);
    if (this.#isBeyond) return false;
    if (!this.#isOld(held, entry)) {
      this.#examine(entry);
      this.#last = { held, ordinal };
    }
    this.#hasTaken = true;
    this.#chain = this.#chainOf(held, ordinal, seqnum);
    this.#chain.note(seqnum, this.#round, held.lastNumber);
    held.lastNumber = seqnum;
    return true;
  }

  /** Throws a JournalFileError, before anything is done with it, for an entry that is to be tried again. */
  #examine(entry: StoredEntry): void {
    if (this.#selection && !this.#selection.accepts(entry)) return;
    const passed = entry.matching(this.#tests);
    const isFirst = this.#examination.entries === 0;
    if (passed === 0 && !isFirst) {
      this.#examination.entries++;
      return;
    }
    const { matcher } = this.#examination.context;
    const message = (passed & matches) === 0 ? undefined : entry.values('MESSAGE').find((text) => matcher.test(text));
    this.#examination.examine(entry, entry.cursor(), message);
  }

  /**
   * Whether an entry is from before arming, though its file came later or it was moved there later; or a copy of one that is
   * examined where it was first.
   */
  #isOld(held: HeldFile, entry: StoredEntry): boolean {
    const mayBeCopy = !held.isRuntime && this.#inMemory.length > 0;
    if (!held.isNew && !mayBeCopy) return false;
    const place = this.#armedPlace;
    if (place) {
      const known = this.#armedAt.get(held.file.seqnumId);
      if (known !== undefined && entry.seqnum <= known) return true;
      const isOfBoot = entry.bootId === place.bootId;
      if (isOfBoot && entry.monotonicUs < place.monotonicUs) return true;
      if (!isOfBoot && known === undefined && entry.realtimeUs < place.realtimeUs) return true;
    }
    return mayBeCopy && this.#copies.isCopy(entry, this.#inMemory);
  }

  #chainOf(held: HeldFile, ordinal: number, seqnum: number): Chain {
    const known = this.#chains.get(held);
    if (known) return known;
    const { sequence } = this.#examination;
    const { fileId, seqnumId } = held.file;
    const last = this.#chain;
    const goesOn = last && (seqnum === last.highest + 1 || (seqnum <= last.highest && !last.has(seqnum)));
    // The first file of a numbering has its name: from its first entry on nothing can be missing.
    const isHead = held.isNew && fileId === seqnumId && ordinal === 0 && !this.#wasStopped;
    const isKnown = sequence.known(seqnumId) !== undefined;
    if (!isKnown && goesOn) sequence.join(seqnumId, last);
    else if (!isKnown && !isHead) sequence.noteBreak();
    const chain = sequence.chain(seqnumId, seqnum - 1);
    this.#chains.set(held, chain);
    return chain;
  }

  /** See there in the examination: of the numbering of a file that was removed there is nothing any more. */
  get #isTailGone(): boolean {
    const { sequence } = this.#examination;
    const present = new Set(this.#files.all.flatMap(({ file: { seqnumId } }) => [seqnumId, sequence.known(seqnumId)]));
    return [...this.#deleted].some((numbering) => {
      const chain = sequence.known(numbering);
      return !present.has(numbering) && !(chain && present.has(chain));
    });
  }

  /** Has the examination know where the last entry is, for the status. Not at each entry: it takes longer than examining it. */
  #noteCursor(): void {
    if (!this.#last) return;
    const { held, ordinal } = this.#last;
    try {
      this.#examination.cursor = held.file.entryAt(ordinal)?.cursor() ?? this.#examination.cursor;
    } catch (error) {
      if (!(error instanceof JournalFileError)) throw error;
      // It was read a moment ago; the one before it is near enough.
    }
    this.#last = undefined;
  }

  #onHeldFailure(held: HeldFile, error: unknown): void {
    this.#failed.add(held);
    // What is vacuumed away is emptied, too. The numbers tell how much of it was missed.
    if (held.path === undefined) {
      this.#emptied.add(held);
      return;
    }
    held.failingSinceMs ??= performance.now();
    if (error === undefined || this.#mayMend(error, held.failingSinceMs)) return;
    this.#lost.push({ error: asError(error), giveUp: () => this.#files.release(held) });
  }

  #onFailure(path: string, error: unknown): void {
    const sinceMs = this.#failing.get(path) ?? performance.now();
    this.#failing.set(path, sinceMs);
    this.#files.planScan();
    if (this.#mayMend(error, sinceMs)) return;
    this.#failing.delete(path);
    this.#lost.push({ error: asError(error), giveUp: () => this.#files.giveUp(path) });
  }

  #mayMend(error: unknown, sinceMs: number): boolean {
    const isForGood = error instanceof JournalFileError && error.kind === 'unsupported';
    return !isForGood && performance.now() - sinceMs < mayMendMs;
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
