/** Has journalctl read the systemd journal from a cursor taken at the start, and after a failure from the last one. */
import type { SourceStatus } from '../../../../plugin.ts';
import type { EntryPlace } from '../cursor.ts';
import { entryPartOf, placeOfCursor } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import type { Examination } from '../examination.ts';
import type { JournalReader, RangeBeside } from '../reader.ts';
import { Follower } from './follower.ts';
import type { Journalctl } from './run.ts';
import { followArguments, readSome } from './run.ts';
import { Watchdog } from './watchdog.ts';

/** Of chosen entries nobody but journalctl knows whether one was stored, so its silence means less. */
const patience = { whole: 2, chosen: 3 };
/** How many entries an entry is searched among that has just been written. */
const latestEntries = 200;

export class JournalctlReader implements JournalReader {
  readonly #journal: Journalctl;
  readonly #examination: Examination;
  readonly #follower: Follower;
  readonly #watchdog: Watchdog;
  #following: Promise<void> | undefined;
  /** The entries of the last microsecond: a new journalctl shows them again, and with other numbers if journald moved them. */
  #lastInstant: { key: string; entries: Set<string> } = { key: '', entries: new Set() };
  /** The entry behind which others were missing, so that journalctl was replaced by one that may show them. */
  #askedAgainAt: string | undefined;
  #isSilenceRemarked = false;

  constructor(journal: Journalctl, examination: Examination) {
    const { context, isSelective, sequence } = examination;
    this.#journal = journal;
    this.#examination = examination;
    this.#follower = new Follower({
      program: journal.program,
      args: () => followArguments(journal, examination.cursor),
      onEntry: (entry) => this.#examine(entry),
      context,
    });
    this.#watchdog = new Watchdog(
      {
        place: journal,
        patience: isSelective ? patience.chosen : patience.whole,
        bytes: () => this.#follower.bytes,
        hasShown: (last) => sequence.hasSeen(last),
        replace: () => this.#replaceSilent(),
      },
      context.clock,
    );
  }

  async start(): Promise<void> {
    await this.#findLast();
    await this.takeOver();
  }

  /** Goes on from the examination's cursor; without one, begins with the first entry. What was examined is passed over. */
  async takeOver(): Promise<void> {
    await this.#watchdog.start();
    this.#following = this.#follower.run();
  }

  async stop(): Promise<void> {
    this.#watchdog.stop();
    this.#follower.stop();
    await this.#following;
  }

  status(): SourceStatus[] {
    const { bytes, restarts } = this.#follower;
    const details = { source: 'journal', reader: 'journalctl', bytes, restarts };
    return [this.#examination.status(this.#doubt, details)];
  }

  get #doubt(): string | undefined {
    const { cursor, isSelective } = this.#examination;
    if (isSelective) return 'only chosen entries are read, and those have no consecutive numbers';
    return cursor === undefined ? 'journalctl has not shown any entry' : undefined;
  }

  async findFirst(sinceUs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined> {
    const latest = await readSome({ ...this.#journal, selection: [] }, { first: 'newest', count: latestEntries });
    return latest.findLast((entry) => entry.realtimeUs >= sinceUs && isWanted(entry));
  }

  async readBeside(cursor: string, { side, count, selection }: RangeBeside): Promise<JournalEntry[]> {
    const journal = { ...this.#journal, selection };
    if (side === 'up to') return await readSome(journal, { first: 'newest', cursor, count });
    const entries = await readSome(journal, { first: 'oldest', cursor, count: count + 1 });
    return entries.filter((entry) => entryPartOf(entry.cursor()) !== entryPartOf(cursor));
  }

  /** Looks for the last entry of the whole journal: the last selected one may be old and far to seek. */
  async #findLast(): Promise<void> {
    const [last] = await readSome({ ...this.#journal, selection: [] }, { first: 'newest', count: 1 });
    const cursor = last?.cursor() ?? '';
    const place = placeOfCursor(cursor);
    if (place) this.#note(cursor, place);
  }

  #examine(entry: JournalEntry): void {
    const { context } = this.#examination;
    const cursor = entry.cursor();
    const place = placeOfCursor(cursor);
    if (!place || context.isOver() || this.#wasSeen(cursor, place) || this.#isToBeAskedAgain(place)) return;
    this.#note(cursor, place);
    this.#follower.noteSuccess();
    const message = entry.values('MESSAGE').find((text) => context.matcher.test(text));
    this.#examination.examine(entry, cursor, message);
  }

  /** Whether an entry was examined, be it by the reader before this one. */
  #wasSeen(cursor: string, place: EntryPlace): boolean {
    const { sequence } = this.#examination;
    if (sequence.known(place.numbering)) return sequence.hasSeen(place);
    return this.#lastInstant.key === instantOf(place) && this.#lastInstant.entries.has(entryPartOf(cursor));
  }

  #note(cursor: string, place: EntryPlace): void {
    const { isSelective, sequence } = this.#examination;
    const key = instantOf(place);
    if (key !== this.#lastInstant.key) this.#lastInstant = { key, entries: new Set() };
    this.#lastInstant.entries.add(entryPartOf(cursor));
    this.#examination.cursor = cursor;
    if (isSelective) sequence.skipTo(place);
    else sequence.note(place);
  }

  /**
   * Whether entries are missing before this one that a new journalctl may show: when it reads several files, it can pass one
   * over. Entries that are missing again are noted as lost.
   */
  #isToBeAskedAgain(place: EntryPlace): boolean {
    const { cursor, isSelective, sequence } = this.#examination;
    const missing = isSelective ? 0 : sequence.missingBefore(place);
    if (!missing) return false;
    if (this.#askedAgainAt === cursor) {
      this.#examination.noteMissing(missing);
      return false;
    }
    this.#askedAgainAt = cursor;
    this.#follower.replace(`${missing} entries are missing behind the last one seen`);
    return true;
  }

  #replaceSilent(): void {
    const { context, isSelective } = this.#examination;
    this.#follower.replace('it is silent though entries were stored');
    if (isSelective || this.#isSilenceRemarked) return;
    this.#isSilenceRemarked = true;
    context.remark(
      'journalctl was silent though entries were stored (does it hang, or is inotify used up?): whenever it is, it is replaced',
    );
  }
}

/** Entries that journald takes in one go have the same. */
function instantOf({ bootId, monotonicUs }: EntryPlace): string {
  return `${bootId} ${monotonicUs}`;
}
