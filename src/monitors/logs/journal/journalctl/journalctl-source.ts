/** The systemd journal as a source: read by journalctl from a cursor taken at the start, and from the last one after a failure. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../../errors.ts';
import type { SourceStatus } from '../../../../plugin.ts';
import type { LinePosition, LinesAfter, Source, SourceExcerpt } from '../../source.ts';
import { contextLines } from '../../source.ts';
import { entryPartOf, numberOf } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import type { Examination } from '../examination.ts';
import { formatAfter, formatEntries } from '../excerpt.ts';
import { findJournalFiles } from '../locations.ts';
import type { Journalctl, JournalReader } from './child.ts';
import { followArguments, readBack, readEntries, readFrom } from './child.ts';
import { JournalPulse } from './pulse.ts';
import { JournalResume } from './resume.ts';

/** How long to wait before journalctl is started again: at first, and at most after failing again and again. */
const firstBackOffMs = 50;
const lastBackOffMs = 5000;
/** How often the first file of an empty journal is looked for. */
const firstFileMs = 500;

export class JournalctlSource implements Source {
  readonly #journal: Journalctl;
  readonly #examination: Examination;
  /** Goes on behind an entry that another reader has examined; what was examined behind it is not examined again. */
  readonly #takesOver: boolean;
  readonly #stopping = new AbortController();
  readonly #pulse: JournalPulse;
  /** Whether the entry of the cursor is one that journalctl shows when units are chosen. */
  #isCursorChosen = false;
  readonly #resume = new JournalResume();
  /** Where an entry was missing, so that journalctl was started again to have it shown. */
  #askedAgainAt: string | undefined;
  /** What the present journalctl still says is not taken. */
  #isDistrusted = false;
  #reader: JournalReader | undefined;
  #following: Promise<void> | undefined;
  #backOffMs = firstBackOffMs;
  #restarts = 0;
  /** How many bytes it has printed. */
  #bytes = 0;

  /** With `takesOver` it goes on behind the examination's cursor, else behind the last entry that there is. */
  constructor(journal: Journalctl, examination: Examination, { takesOver = false } = {}) {
    this.#journal = journal;
    this.#examination = examination;
    this.#takesOver = takesOver;
    this.#pulse = new JournalPulse({
      dir: journal.dir,
      bytes: () => this.#bytes,
      hasSeen: ({ last }) =>
        !examination.isChosen && last.length > 0 && last.every((each) => examination.sequence.hasReached(each)),
      isChosen: examination.isChosen,
      isBehind: () => this.#isBehind(),
      restart: () => this.#restart('it is silent though entries were stored'),
      onDeaf: () =>
        examination.context.remark(
          'journalctl does not hear of new entries (is inotify used up?): until it does, the journal is looked at twice a second',
        ),
    });
  }

  async start(): Promise<void> {
    if (!this.#takesOver) await this.#findLast();
    // Where there was no entry yet, it begins with the first.
    else if (this.#examination.cursor !== undefined) this.#resume.note(this.#examination.cursor);
    this.#following = this.#follow();
    this.#pulse.start();
  }

  async #findLast(): Promise<void> {
    // Of the whole journal even when units are chosen: their last entry may be old and far to seek.
    const [last] = await readBack({ ...this.#journal, selection: [] }, { count: 1 });
    this.#isCursorChosen = !this.#examination.isChosen;
    if (last) this.#note(last.cursor());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pulse.stop();
    await this.#reader?.end();
    await this.#following;
  }

  status(): SourceStatus[] {
    const more = { source: 'journal', reader: 'journalctl', bytes: this.#bytes, restarts: this.#restarts };
    return [this.#examination.status(!this.#examination.isChosen, more)];
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

  /** Keeps a journalctl running until the source is stopped. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#waitForFirstFile();
    while (!signal.aborted) {
      const reason = await this.#readUntilItEnds();
      if (signal.aborted) return;
      this.#restarts++;
      const text = `journalctl ended (${reason}); it is started again from the last entry seen`;
      // A lasting failure is told once, when it is clear that it lasts.
      if (this.#backOffMs >= lastBackOffMs && this.#backOffMs < 2 * lastBackOffMs)
        this.#examination.context.remark(text);
      else this.#examination.context.debug(text);
      await delay(Math.min(this.#backOffMs, lastBackOffMs), undefined, { signal }).catch(() => undefined);
      this.#backOffMs *= 2;
    }
  }

  /** A journalctl that finds no file does not notice the first one: while the journal is empty, it is waited for. */
  async #waitForFirstFile(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#examination.cursor === undefined && !signal.aborted && !this.#hasFiles())
      await delay(firstFileMs, undefined, { signal }).catch(() => undefined);
  }

  #hasFiles(): boolean {
    return findJournalFiles(this.#journal.dir).length > 0;
  }

  /** Runs journalctl once and says why it ended. */
  async #readUntilItEnds(): Promise<string> {
    try {
      const args = followArguments(this.#journal, this.#examination.cursor);
      const onBytes = (count: number): void => {
        this.#bytes += count;
      };
      this.#resume.begin();
      this.#isDistrusted = false;
      const reader = await readEntries(this.#journal.program, args, (entry) => this.#examine(entry), onBytes);
      this.#reader = reader;
      // Stopped while it was being started: then nobody else ends it.
      if (this.#stopping.signal.aborted) await reader.end();
      const { exitCode, signalName, stderr } = await reader.ended;
      return [signalName ?? `exit code ${exitCode}`, stderr.split('\n').at(-1)].filter(Boolean).join(': ');
    } catch (error) {
      return messageOf(error);
    }
  }

  #examine(entry: JournalEntry): void {
    const { context } = this.#examination;
    if (this.#stopping.signal.aborted || context.isOver() || this.#isDistrusted) return;
    const cursor = entry.cursor();
    if (cursor === '' || this.#resume.isRepeated(cursor) || this.#wasTaken(cursor)) return;
    if (this.#isToBeAskedAgain(cursor)) return;
    this.#note(cursor);
    this.#isCursorChosen = true;
    this.#backOffMs = firstBackOffMs;
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
    if (!this.#examination.isChosen) this.#examination.sequence.note(numberOf(cursor));
  }

  /**
   * Whether entries are missing before this one that journalctl may show when it is asked again: while it reads several
   * files it can pass one over. Notes those that are missing for good.
   */
  #isToBeAskedAgain(cursor: string): boolean {
    const missing = this.#examination.isChosen ? undefined : this.#missingBefore(cursor);
    const isGone = !this.#resume.hasMet && this.#isCursorChosen;
    if (missing === 0 || (missing === undefined && !isGone)) return false;
    if (missing !== undefined && this.#examination.cursor !== this.#askedAgainAt) {
      this.#askedAgainAt = this.#examination.cursor;
      this.#isDistrusted = true;
      this.#restart(`${missing} entries are missing behind the last one seen`);
      return true;
    }
    this.#examination.noteMissing(missing);
    return false;
  }

  #missingBefore(cursor: string): number | undefined {
    const found = numberOf(cursor);
    return found && this.#examination.sequence.missingBefore(found);
  }

  /** Asks a journalctl of its own whether there is an entry behind the last one seen. */
  async #isBehind(): Promise<boolean> {
    const { cursor, isChosen } = this.#examination;
    if (cursor === undefined) return this.#hasFiles();
    const [last] = isChosen ? await readBack({ ...this.#journal, selection: [] }, { count: 1 }) : [];
    const found = await readFrom(this.#journal, { cursor, count: 2 });
    if (found.length === 2 || found.some((entry) => entryPartOf(entry.cursor()) !== entryPartOf(cursor))) return true;
    // None of the units' entries is before the last: from there a new journalctl has less to search.
    const lastCursor = last?.cursor();
    if (lastCursor !== undefined && this.#examination.cursor === cursor) {
      this.#isCursorChosen &&= lastCursor === cursor;
      if (lastCursor !== cursor) this.#note(lastCursor);
    }
    return false;
  }

  /** Ends journalctl: it is started again, at once, behind the last entry seen. */
  #restart(reason: string): void {
    this.#examination.context.debug(`journalctl is started again: ${reason}`);
    this.#backOffMs = firstBackOffMs;
    void this.#reader?.end();
  }
}
