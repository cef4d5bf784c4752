/** The systemd journal as a source: read by journalctl from a cursor taken at the start, and from the last one after a failure. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../errors.ts';
import type { SourceStatus, Trigger } from '../../../plugin.ts';
import { entryTimeMs } from '../condition/clock.ts';
import { Gaps, suppressionIn } from '../coverage.ts';
import type { LinesAfter, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { contextLines } from '../source.ts';
import type { JournalReader } from './child.ts';
import { followArguments, readBack, readEntries, readFrom } from './child.ts';
import { entryPartOf } from './cursor.ts';
import { formatAfter, formatEntries } from './excerpt.ts';
import type { JournalEntry } from './export.ts';
import { textOf } from './export.ts';
import { hasJournalFiles } from './host.ts';
import { JournalPulse } from './pulse.ts';
import { JournalResume } from './resume.ts';
import { JournalSequence } from './sequence.ts';

/** How long to wait before journalctl is started again: at first, and at most after failing again and again. */
const firstBackOffMs = 50;
const lastBackOffMs = 5000;
/** How often the first file of an empty journal is looked for. */
const firstFileMs = 500;

export class JournalSource implements Source {
  readonly #program: string;
  readonly #units: string[];
  readonly #context: SourceContext;
  readonly #stopping = new AbortController();
  readonly #sequence = new JournalSequence();
  readonly #gaps = new Gaps();
  readonly #pulse: JournalPulse;
  /** The last entry seen: where to go on. */
  #cursor: string | undefined;
  /** Whether the entry of the cursor is one that journalctl shows when units are chosen. */
  #isCursorChosen = false;
  #firstCursor: string | undefined;
  readonly #resume = new JournalResume();
  /** Where an entry was missing, so that journalctl was started again to have it shown. */
  #askedAgainAt: string | undefined;
  /** What the present journalctl still says is not taken. */
  #isDistrusted = false;
  #reader: JournalReader | undefined;
  #following: Promise<void> | undefined;
  #backOffMs = firstBackOffMs;
  #restarts = 0;
  #entries = 0;
  #bytes = 0;
  #matches = 0;
  #passedOver = 0;

  /** `program` is journalctl's path; no units means the whole journal. */
  constructor(program: string, units: string[], context: SourceContext) {
    this.#program = program;
    this.#units = units;
    this.#context = context;
    this.#pulse = new JournalPulse({
      bytes: () => this.#bytes,
      hasSeen: ({ last }) =>
        !this.#isChosen &&
        last.length > 0 &&
        last.every(({ numbering, number }) => this.#sequence.hasReached(numbering, number)),
      isChosen: this.#isChosen,
      isBehind: () => this.#isBehind(),
      restart: () => this.#restart('it is silent though entries were stored'),
      onDeaf: () =>
        context.remark(
          'journalctl does not hear of new entries (is inotify used up?): until it does, the journal is looked at twice a second',
        ),
    });
  }

  async start(): Promise<void> {
    // Of the whole journal even when units are chosen: their last entry may be old and far to seek.
    const [last] = await readBack(this.#program, [], { count: 1 });
    this.#cursor = last && textOf(last, '__CURSOR');
    this.#isCursorChosen = !this.#isChosen;
    if (this.#cursor !== undefined) this.#note(this.#cursor);
    this.#following = this.#follow();
    this.#pulse.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#pulse.stop();
    await this.#reader?.end();
    await this.#following;
  }

  status(): SourceStatus[] {
    const [first, cursor] = [this.#firstCursor ?? null, this.#cursor ?? null];
    const units = this.#isChosen ? { units: this.#units } : {};
    const [entries, bytes, restarts] = [this.#entries, this.#bytes, this.#restarts];
    const figures = { entries, bytes, matches: this.#matches, passedOver: this.#passedOver, restarts };
    const certificate = { coverage: this.#coverage(), gaps: this.#gaps.list() };
    return [{ source: 'journal', ...units, state: 'following', first, cursor, ...figures, ...certificate }];
  }

  async context(trigger: Trigger): Promise<SourceExcerpt[]> {
    const triggerCursor = 'cursor' in trigger.position ? trigger.position.cursor : undefined;
    const cursor = triggerCursor ?? this.#cursor;
    if (cursor === undefined) return [];
    const entries = await readBack(this.#program, this.#units, { cursor, count: contextLines });
    const readAfter = () => this.#readAfter(cursor);
    return [{ source: 'journal', ...formatEntries(entries.reverse(), triggerCursor), readAfter }];
  }

  close(): void {}

  async #readAfter(cursor: string): Promise<LinesAfter> {
    const entries = await readFrom(this.#program, this.#units, { cursor, count: contextLines + 2 });
    const [first] = entries;
    const isKnown = first !== undefined && entryPartOf(textOf(first, '__CURSOR') ?? '') === entryPartOf(cursor);
    return formatAfter(isKnown ? entries.slice(1) : entries, contextLines);
  }

  get #isChosen(): boolean {
    return this.#units.length > 0;
  }

  /** Entries of all units have consecutive numbers: only then can it be said that none is missing. */
  #coverage(): string {
    if (!this.#gaps.isEmpty) return 'gaps';
    if (this.#isChosen)
      return 'no gap known: only chosen units are read, and their entries have no consecutive numbers';
    if (this.#sequence.breaks > 0) return 'no gap known: journald began its numbers anew';
    return 'no gap';
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
      if (this.#backOffMs >= lastBackOffMs && this.#backOffMs < 2 * lastBackOffMs) this.#context.remark(text);
      else this.#context.debug(text);
      await delay(Math.min(this.#backOffMs, lastBackOffMs), undefined, { signal }).catch(() => undefined);
      this.#backOffMs *= 2;
    }
  }

  /** A journalctl that finds no file does not notice the first one: while the journal is empty, it is waited for. */
  async #waitForFirstFile(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#cursor === undefined && !signal.aborted && !(await hasJournalFiles()))
      await delay(firstFileMs, undefined, { signal }).catch(() => undefined);
  }

  /** Runs journalctl once and says why it ended. */
  async #readUntilItEnds(): Promise<string> {
    try {
      const args = followArguments(this.#units, this.#cursor);
      const onBytes = (count: number): void => {
        this.#bytes += count;
      };
      this.#resume.begin();
      this.#isDistrusted = false;
      const reader = await readEntries(this.#program, args, (entry) => this.#examine(entry), onBytes);
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
    if (this.#stopping.signal.aborted || this.#context.isOver() || this.#isDistrusted) return;
    const cursor = textOf(entry, '__CURSOR');
    if (cursor === undefined || this.#resume.isRepeated(cursor) || this.#isToBeAskedAgain(cursor)) return;
    this.#note(cursor);
    this.#firstCursor ??= cursor;
    this.#isCursorChosen = true;
    this.#backOffMs = firstBackOffMs;
    this.#entries++;
    const messages = entry.fields.get('MESSAGE') ?? [];
    const suppression = suppressionIn(messages[0], textOf(entry, 'SYSLOG_IDENTIFIER'));
    if (suppression) this.#gaps.add(suppression.cause, suppression.missing);
    const message = messages.find((text) => this.#context.matcher.test(text));
    if (message) this.#report(entry, message, cursor);
  }

  #note(cursor: string): void {
    this.#cursor = cursor;
    this.#resume.note(cursor);
    if (!this.#isChosen) this.#sequence.note(cursor);
  }

  /**
   * Whether entries are missing before this one that journalctl may show when it is asked again: while it reads several
   * files it can pass one over. Notes those that are missing for good.
   */
  #isToBeAskedAgain(cursor: string): boolean {
    const missing = this.#isChosen ? undefined : this.#sequence.missingBefore(cursor);
    const isGone = !this.#resume.hasMet && this.#isCursorChosen;
    if (missing === 0 || (missing === undefined && !isGone)) return false;
    if (missing !== undefined && this.#cursor !== this.#askedAgainAt) {
      this.#askedAgainAt = this.#cursor;
      this.#isDistrusted = true;
      this.#restart(`${missing} entries are missing behind the last one seen`);
      return true;
    }
    this.#gaps.add('removed from the journal before it was read', missing);
    const howMany = missing === undefined ? 'entries may be' : missing === 1 ? '1 entry is' : `${missing} entries are`;
    this.#context.remark(
      `journal: ${howMany} missing, removed (vacuumed?) before it was read; the watch goes on at the oldest entry left`,
    );
    return false;
  }

  /** Asks a journalctl of its own whether there is an entry behind the last one seen. */
  async #isBehind(): Promise<boolean> {
    const cursor = this.#cursor;
    if (cursor === undefined) return await hasJournalFiles();
    const [last] = this.#isChosen ? await readBack(this.#program, [], { count: 1 }) : [];
    const found = await readFrom(this.#program, this.#units, { cursor, count: 2 });
    const isNew = (entry: JournalEntry): boolean =>
      entryPartOf(textOf(entry, '__CURSOR') ?? '') !== entryPartOf(cursor);
    if (found.length === 2 || found.some(isNew)) return true;
    // None of the units' entries is before the last: from there a new journalctl has less to search.
    const lastCursor = last && textOf(last, '__CURSOR');
    if (lastCursor !== undefined && this.#cursor === cursor) {
      this.#isCursorChosen &&= lastCursor === cursor;
      if (lastCursor !== cursor) this.#note(lastCursor);
    }
    return false;
  }

  /** Ends journalctl: it is started again, at once, behind the last entry seen. */
  #restart(reason: string): void {
    this.#context.debug(`journalctl is started again: ${reason}`);
    this.#backOffMs = firstBackOffMs;
    void this.#reader?.end();
  }

  #report(entry: JournalEntry, line: Buffer, cursor: string): void {
    const atMs = Math.floor(Number(textOf(entry, '__REALTIME_TIMESTAMP') ?? 0) / 1000);
    const pid = Number(textOf(entry, '_PID') ?? 0);
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    const monotonicMs = entryTimeMs(entry);
    const taken = this.#context.onMatch({
      source: 'journal',
      line,
      position: { cursor },
      atMs,
      ...(pid > 0 ? { process: { pid, seenAtMs: atMs } } : {}),
      ...(monotonicMs === undefined ? {} : { monotonicMs }),
      ...(identifier === undefined ? {} : { identifier }),
    });
    if (taken === 'counted') this.#matches++;
    else this.#passedOver++;
  }
}
