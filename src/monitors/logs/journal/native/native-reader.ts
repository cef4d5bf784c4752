/** Reads the systemd journal: rig reads its files itself, milliseconds after journald has written to them. */
import { holding } from '../../../../host/event-loop.ts';
import type { SourceStatus } from '../../../../plugin.ts';
import type { JournalPlan } from '../../plan.ts';
import type { JournalEntry } from '../entry.ts';
import type { Examination } from '../examination.ts';
import { orUndefined } from '../format/error.ts';
import type { StoredEntry } from '../format/journal-file.ts';
import type { JournalReader, RangeBeside } from '../reader.ts';
import { Failures } from './failures.ts';
import { FileNumbers } from './file-numbers.ts';
import { FolderHints } from './folder-hints.ts';
import type { HeldFile } from './held-file.ts';
import { HeldFiles } from './held-files.ts';
import { readMerged } from './merge.ts';
import { OldEntries } from './old-entries.ts';
import { JournalPace } from './pace.ts';
import { findFirst, readBeside } from './read-around.ts';
import { startSlice } from './slice.ts';
import { StoredExaminer } from './stored-examiner.ts';

/** How often a busy journal is looked at unless --journal-latency says otherwise. */
const defaultLatencyMs = 25;
/** How often files are searched for unasked. */
const scanMs = 1000;

export class NativeReader implements JournalReader {
  readonly #plan: JournalPlan;
  readonly #examination: Examination;
  readonly #onUnreadable: (error: unknown) => boolean;
  readonly #files: HeldFiles;
  readonly #hints: FolderHints;
  readonly #failures: Failures;
  readonly #numbers: FileNumbers;
  readonly #oldEntries = new OldEntries();
  readonly #examiner: StoredExaminer;
  readonly #pace: JournalPace;
  #state: 'closed' | 'waiting' | 'reading' = 'closed';
  /** How many files were held when it was stopped. */
  #filesAtEnd: number | undefined;
  /** Counts the looks. */
  #round = 0;
  /** When rig last searched for files. */
  #scannedMs = 0;
  /** The last entry, and the cursor after the last look. */
  #last: { held: HeldFile; ordinal: number } | undefined;
  #lookCursor: string | undefined;
  /** Where another reader goes on. Everything up to here was examined; the sequence knows what was examined behind it. */
  safeCursor: string | undefined;

  /**
   * `onUnreadable` hears of a file that rig cannot read; it returns whether another reader takes over, which then stops this
   * one. Throws a RigError for a wrong selection.
   */
  constructor(plan: JournalPlan, examination: Examination, onUnreadable: (error: unknown) => boolean) {
    const { context } = examination;
    this.#plan = plan;
    this.#examination = examination;
    this.#onUnreadable = onUnreadable;
    this.#files = new HeldFiles(plan, context.clock);
    this.#failures = new Failures(this.#files, context.clock);
    this.#numbers = new FileNumbers(examination.sequence);
    this.#examiner = new StoredExaminer(examination, plan.selection);
    this.#hints = new FolderHints((kind) => this.#onHint(kind));
    this.#pace = new JournalPace(context.clock, plan.latencyMs ?? defaultLatencyMs, () => this.#beat());
  }

  /** Throws a JournalFileError where a file cannot be read. */
  async start(): Promise<void> {
    try {
      const last = this.#files.arm();
      this.#examination.cursor = last?.cursor;
      this.safeCursor = last?.cursor;
      this.#lookCursor = last?.cursor;
      this.#oldEntries.arm(last?.place, this.#files.lastNumbers());
      this.#numbers.arm(last?.place.number, this.#files.all);
    } catch (error) {
      this.#files.close();
      throw error;
    }
    this.#state = 'waiting';
    this.#pace.hurry();
  }

  async stop(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#pace.stop();
    this.#hints.close();
    this.#noteCursor();
    this.#filesAtEnd = this.#files.all.length;
    this.#files.close();
  }

  status(): SourceStatus[] {
    this.#noteCursor();
    const files = this.#filesAtEnd ?? this.#files.all.length;
    const details = { source: 'journal', reader: 'native', files, lookedAtEveryMs: this.#pace.everyMs };
    return [this.#examination.status(files === 0 ? 'there is no journal file' : undefined, details)];
  }

  async readBeside(cursor: string, range: RangeBeside): Promise<JournalEntry[]> {
    return await readBeside(this.#plan, cursor, range);
  }

  async findFirst(sinceUs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined> {
    return await findFirst(this.#plan, sinceUs, isWanted);
  }

  /** Whether nothing more need be read. */
  get #isOver(): boolean {
    return this.#state === 'closed' || this.#examination.context.isOver();
  }

  #onHint(kind: 'change' | 'rename'): void {
    if (kind === 'rename') this.#files.isScanDue = true;
    this.#look();
  }

  #beat(): void {
    if (this.#examination.context.clock.nowMs() - this.#scannedMs >= scanMs) this.#files.isScanDue = true;
    this.#look();
  }

  #look(): void {
    if (this.#state !== 'waiting' || this.#isOver) return;
    const { isScanDue } = this.#files;
    if (!isScanDue && !this.#files.hasNews) return;
    this.#state = 'reading';
    this.#round++;
    this.#failures.beginLook();
    if (isScanDue) this.#scan();
    this.#files.refresh((held, error) => this.#failures.note(held, error));
    this.#oldEntries.use(this.#files.all);
    this.#readSlice();
  }

  #scan(): void {
    this.#scannedMs = this.#examination.context.clock.nowMs();
    this.#files.scan((path, error) => this.#failures.note(path, error));
    this.#hints.watch(this.#files.folders);
  }

  #readSlice(): void {
    if (this.#isOver) return;
    const readable = this.#files.all.filter((held) => !this.#failures.has(held));
    const isUsedUp = startSlice();
    let hasNews = false;
    const take = (held: HeldFile, entry: StoredEntry): boolean => {
      if (isUsedUp() || !this.#take(held, entry)) return false;
      hasNews = true;
      return true;
    };
    const { isComplete, stuck } = holding('reading the journal', () => readMerged(readable, take));
    if (hasNews) this.#pace.hurry();
    for (const { reading, error } of stuck) this.#failures.note(reading, error);
    if (this.#isOver) return;
    if (isComplete) this.#endLook();
    else setImmediate(() => this.#readSlice());
  }

  #take(held: HeldFile, entry: StoredEntry): boolean {
    if (this.#examination.context.isOver()) return false;
    const { ordinal, seqnum } = entry;
    if (!this.#oldEntries.has(held, entry)) {
      this.#examiner.examine(entry);
      this.#last = { held, ordinal };
    }
    this.#numbers.note(held, ordinal, seqnum, this.#round);
    return true;
  }

  /** Everything that was there when the look began and can be read has been examined. */
  #endLook(): void {
    this.#state = 'waiting';
    if (!this.#failures.endLook(this.#onUnreadable)) return;
    this.#noteCursor();
    this.safeCursor = this.#lookCursor;
    this.#lookCursor = this.#examination.cursor;
    this.#files.settle();
    const { sequence } = this.#examination;
    if (!sequence.hasHoles) return;
    const missing = sequence.claimMissing(this.#round);
    if (missing > 0) this.#examination.noteMissing(missing);
    // What is missing may be in a file that is not known yet.
    this.#files.isScanDue = true;
  }

  /** Finds out the cursor of the last entry. Not done for each entry: that would take longer than examining it. */
  #noteCursor(): void {
    const last = this.#last;
    this.#last = undefined;
    // If the entry can no longer be read, the cursor of an earlier one is near enough.
    if (last)
      this.#examination.cursor =
        orUndefined(() => last.held.file.entryAt(last.ordinal)?.cursor()) ?? this.#examination.cursor;
  }
}
