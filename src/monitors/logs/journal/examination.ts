/** What is done with the entries of the journal, whoever reads them, and what is said of it in the end. */
import type { SourceStatus } from '../../../plugin.ts';
import { entryTimeMs } from '../condition/clock.ts';
import { Gaps, suppressionIn, tellsInJournal } from '../coverage.ts';
import type { SourceContext } from '../source.ts';
import type { JournalEntry } from './entry.ts';
import { textOf } from './entry.ts';
import { JournalSequence } from './sequence.ts';

export class Examination {
  readonly context: SourceContext;
  readonly sequence = new JournalSequence();
  readonly gaps = new Gaps();
  /** How many entries were examined. */
  entries = 0;
  /** The last entry seen, which need not be one of those that are examined. */
  cursor: string | undefined;
  #first: string | undefined;
  #matches = 0;
  #passedOver = 0;
  readonly #selection: string[];

  /** `selection` is what is examined; empty: the whole journal. */
  constructor(context: SourceContext, selection: string[]) {
    this.context = context;
    this.#selection = selection;
  }

  get isChosen(): boolean {
    return this.#selection.length > 0;
  }

  /** The first entry that is examined. */
  begin(cursor: string): void {
    this.#first ??= cursor;
  }

  /** Hands an entry on whose message matches. */
  report(entry: JournalEntry, line: Buffer, cursor: string): void {
    const atMs = Math.floor(entry.realtimeUs / 1000);
    const pid = Number(textOf(entry, '_PID') ?? 0);
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    const monotonicMs = entryTimeMs(entry);
    const taken = this.context.onMatch({
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

  /** Notes what journald or the kernel says it has not logged. */
  noteSuppression(entry: JournalEntry): void {
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    if (identifier === undefined || !tellsInJournal(identifier)) return;
    const suppression = suppressionIn(entry.values('MESSAGE')[0]?.toString() ?? '', identifier);
    if (suppression) this.gaps.add(suppression.cause, suppression.missing);
  }

  /** Notes that entries are missing for good; undefined: nobody knows how many. */
  noteMissing(missing: number | undefined): void {
    this.gaps.add('removed from the journal before it was read', missing);
    const howMany = missing === undefined ? 'entries may be' : missing === 1 ? '1 entry is' : `${missing} entries are`;
    this.context.remark(
      `journal: ${howMany} missing, removed (vacuumed?) before it was read; the watch goes on at the oldest entry left`,
    );
  }

  /** For the status. `isProvable`: whether the reader sees all entries, whose numbers are consecutive. */
  status(isProvable: boolean, more: SourceStatus): SourceStatus {
    const { source, ...rest } = more;
    return {
      source,
      ...(this.isChosen ? { selection: this.#selection } : {}),
      state: 'following',
      first: this.#first ?? null,
      cursor: this.cursor ?? null,
      entries: this.entries,
      matches: this.#matches,
      passedOver: this.#passedOver,
      ...rest,
      coverage: this.#coverage(isProvable),
      gaps: this.gaps.list(),
    };
  }

  #coverage(isProvable: boolean): string {
    if (!this.gaps.isEmpty) return 'gaps';
    if (!isProvable) return 'no gap known: only chosen entries are read, and those have no consecutive numbers';
    if (this.sequence.breaks > 0) return 'no gap known: journald began its numbers anew';
    return 'no gap';
  }
}
