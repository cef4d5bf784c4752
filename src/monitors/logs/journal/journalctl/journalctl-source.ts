/** The systemd journal as a source: journalctl reads it from a cursor taken at the start, and after a failure from the last one. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SourceStatus } from '../../../../plugin.ts';
import type { LinePosition, LinesAfter, Source, SourceExcerpt } from '../../source.ts';
import { contextLines } from '../../source.ts';
import { entryPartOf, numberOf } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import type { Examination } from '../examination.ts';
import { formatAfter, formatEntries } from '../excerpt.ts';
import { findJournalFiles } from '../locations.ts';
import type { Journalctl } from './child.ts';
import { followArguments, readBack, readFrom } from './child.ts';
import { Follower } from './follower.ts';
import { JournalPulse } from './pulse.ts';
import { JournalResume } from './resume.ts';
import type { JournalTails } from './tails.ts';

/** How often rig looks for the first file of an empty journal. */
const firstFileMs = 500;

export class JournalctlSource implements Source {
  readonly #journal: Journalctl;
  readonly #examination: Examination;
  /** It goes on behind another reader. What that has examined is not examined again. */
  readonly #takesOver: boolean;
  readonly #follower: Follower;
  readonly #pulse: JournalPulse;
  readonly #resume = new JournalResume();
  readonly #stopping = new AbortController();
  #following: Promise<void> | undefined;
  /** Whether the entry of the cursor is one that journalctl shows: with a selection it need not be. */
  #isCursorShown = false;
  /** The entry behind which others were missing, so that journalctl was started again to show them. */
  #askedAgainAt: string | undefined;

  /** With `takesOver` it goes on behind the examination's cursor, else behind the last entry there is. */
  constructor(journal: Journalctl, examination: Examination, { takesOver }: { takesOver: boolean }) {
    const { context } = examination;
    this.#journal = journal;
    this.#examination = examination;
    this.#takesOver = takesOver;
    this.#follower = new Follower({
      program: journal.program,
      args: () => this.#beginAgain(),
      onEntry: (entry) => this.#examine(entry),
      context,
    });
    this.#pulse = new JournalPulse(
      {
        dir: journal.dir,
        isSelective: examination.isSelective,
        bytes: () => this.#follower.bytes,
        hasSeen: (tails) => this.#hasSeen(tails),
        isBehind: () => this.#isBehind(),
        restart: () => this.#follower.restart('it is silent though entries were stored'),
        onDeaf: () =>
          context.remark(
            'journalctl does not hear of new entries (is inotify used up?): until it does, it is started again every two seconds',
          ),
      },
      context.clock,
    );
  }

  async start(): Promise<void> {
    if (!this.#takesOver) await this.#findLast();
    // Without a cursor it begins with the first entry.
    else if (this.#examination.cursor !== undefined) this.#resume.note(this.#examination.cursor);
    this.#following = this.#follow();
    this.#pulse.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pulse.stop();
    await this.#follower.stop();
    await this.#following;
  }

  status(): SourceStatus[] {
    const { bytes, restarts } = this.#follower;
    const details = { source: 'journal', reader: 'journalctl', bytes, restarts };
    return [this.#examination.status(!this.#examination.isSelective, details)];
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    const triggerCursor = position && 'cursor' in position ? position.cursor : undefined;
    const cursor = triggerCursor ?? this.#examination.cursor;
    if (cursor === undefined) return [];
    const entries = await readBack(this.#journal, { cursor, count: contextLines });
    const readAfter = () => this.#readAfter(cursor);
    return [{ source: 'journal', ...formatEntries(entries.reverse(), triggerCursor), readAfter }];
  }

  close(): void {}

  async #readAfter(cursor: string): Promise<LinesAfter> {
    const entries = await readFrom(this.#journal, { cursor, count: contextLines + 2 });
    const [first] = entries;
    const isKnown = first !== undefined && entryPartOf(first.cursor()) === entryPartOf(cursor);
    return formatAfter(isKnown ? entries.slice(1) : entries, contextLines);
  }

  /** Looks for the last entry of the whole journal: the last selected one may be old and far to seek. */
  async #findLast(): Promise<void> {
    const [last] = await readBack({ ...this.#journal, selection: [] }, { count: 1 });
    this.#isCursorShown = !this.#examination.isSelective;
    if (last) this.#note(last.cursor());
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    // A journalctl that finds no file does not notice the first one.
    while (this.#examination.cursor === undefined && !signal.aborted && !this.#hasFiles())
      await delay(firstFileMs, undefined, { signal }).catch(() => undefined);
    await this.#follower.run();
  }

  #hasFiles(): boolean {
    return findJournalFiles(this.#journal.dir).length > 0;
  }

  #beginAgain(): string[] {
    this.#resume.begin();
    return followArguments(this.#journal, this.#examination.cursor);
  }

  #examine(entry: JournalEntry): void {
    const { context } = this.#examination;
    const cursor = entry.cursor();
    if (context.isOver() || cursor === '' || this.#resume.isRepeated(cursor) || this.#wasTaken(cursor)) return;
    if (this.#isToBeAskedAgain(cursor)) return;
    this.#note(cursor);
    this.#isCursorShown = true;
    this.#follower.noteSuccess();
    const message = entry.values('MESSAGE').find((text) => context.matcher.test(text));
    this.#examination.examine(entry, cursor, message);
  }

  /** Whether the reader before this one has examined an entry. */
  #wasTaken(cursor: string): boolean {
    const found = this.#takesOver ? numberOf(cursor) : undefined;
    return found !== undefined && this.#examination.sequence.hasSeen(found);
  }

  #note(cursor: string): void {
    this.#examination.cursor = cursor;
    this.#resume.note(cursor);
    if (!this.#examination.isSelective) this.#examination.sequence.note(numberOf(cursor));
  }

  /**
   * Whether entries are missing before this one that a new journalctl may show: when it reads several files, it can pass one
   * over. Entries that are missing again are noted as lost.
   */
  #isToBeAskedAgain(cursor: string): boolean {
    const missing = this.#examination.isSelective ? undefined : this.#missingBefore(cursor);
    const isGone = !this.#resume.hasMet && this.#isCursorShown;
    if (missing === 0 || (missing === undefined && !isGone)) return false;
    if (missing !== undefined && this.#examination.cursor !== this.#askedAgainAt) {
      this.#askedAgainAt = this.#examination.cursor;
      this.#follower.restart(`${missing} entries are missing behind the last one seen`);
      return true;
    }
    this.#examination.noteMissing(missing);
    return false;
  }

  #missingBefore(cursor: string): number | undefined {
    const found = numberOf(cursor);
    return found && this.#examination.sequence.missingBefore(found);
  }

  #hasSeen({ last }: JournalTails): boolean {
    const { isSelective, sequence } = this.#examination;
    return !isSelective && last.length > 0 && last.every((each) => sequence.hasReached(each));
  }

  /** Asks another journalctl whether there is an entry behind the last one seen. */
  async #isBehind(): Promise<boolean> {
    const { cursor, isSelective } = this.#examination;
    if (cursor === undefined) return this.#hasFiles();
    const [last] = isSelective ? await readBack({ ...this.#journal, selection: [] }, { count: 1 }) : [];
    const found = await readFrom(this.#journal, { cursor, count: 2 });
    if (found.length === 2 || found.some((entry) => entryPartOf(entry.cursor()) !== entryPartOf(cursor))) return true;
    // No selected entry stands between the cursor and the last of all: a new journalctl can begin there and has less to search.
    const lastCursor = last?.cursor();
    if (lastCursor !== undefined && lastCursor !== cursor && this.#examination.cursor === cursor) {
      this.#isCursorShown = false;
      this.#note(lastCursor);
    }
    return false;
  }
}
