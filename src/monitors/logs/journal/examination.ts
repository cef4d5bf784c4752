/** What is done with the entries of the journal, whoever reads them, and what is said of it in the end. */
import type { SourceStatus } from '../../../plugin.ts';
import { Gaps } from '../../../rig/records/gaps.ts';
import { suppressionIn, tellsInJournal } from '../coverage.ts';
import type { LineMatch, SourceContext } from '../source.ts';
import type { JournalEntry } from './entry.ts';
import { textOf } from './entry.ts';
import { entryTimeMs } from './entry-time.ts';
import { JournalSequence } from './sequence.ts';

/** What is said of losses is short; a message may have many megabytes. */
const toldBytes = 1024;

export class Examination {
  readonly context: SourceContext;
  readonly sequence = new JournalSequence();
  readonly gaps = new Gaps();
  /** How many entries were examined. */
  entries = 0;
  /** The last entry seen, which need not be one of those that are examined. */
  cursor: string | undefined;
  /** Whether a journal was removed, and perhaps files that came behind what was read of it: no number tells. */
  isTailGone = false;
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

  /**
   * Examines an entry: what it says of losses, and `line`, its message, if that matches. All of the entry is read before
   * anything is done, so that one that turns out to be broken can be tried again.
   */
  examine(entry: JournalEntry, cursor: string, line: Buffer | undefined): void {
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    const mayTell = identifier !== undefined && tellsInJournal(identifier);
    const told = mayTell ? (entry.values('MESSAGE')[0]?.toString('utf8', 0, toldBytes) ?? '') : '';
    const suppression = mayTell ? suppressionIn(told, identifier) : undefined;
    const match = line && matchOf(entry, cursor, identifier, line);
    this.#first ??= cursor;
    this.entries++;
    if (suppression) this.gaps.add(suppression.cause, suppression.missing);
    if (!match) return;
    if (this.context.onMatch(match) === 'counted') this.#matches++;
    else this.#passedOver++;
  }

  /** Notes that entries are missing for good; undefined: nobody knows how many. */
  noteMissing(missing: number | undefined): void {
    this.gaps.add('removed from the journal before it was read', missing);
    const howMany = missing === undefined ? 'entries may be' : missing === 1 ? '1 entry is' : `${missing} entries are`;
    this.context.remark(
      `journal: ${howMany} missing, removed (vacuumed?) before being read; all that is left is examined`,
    );
  }

  /** Nothing more will be read: what was passed over and is not found by now will not be. */
  end(): void {
    const missing = this.sequence.claimMissing(Number.POSITIVE_INFINITY);
    if (missing > 0) this.noteMissing(missing);
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
    if (this.sequence.hasHoles) return 'no gap known: entries were passed over that may still be found';
    if (!isProvable) return 'no gap known: only chosen entries are read, and those have no consecutive numbers';
    if (this.sequence.breaks > 0) return 'no gap known: journald began its numbers anew';
    if (this.isTailGone)
      return 'no gap known: the journal was removed, and entries that came just before may have gone with it';
    return 'no gap';
  }
}

function matchOf(entry: JournalEntry, cursor: string, identifier: string | undefined, line: Buffer): LineMatch {
  const atMs = Math.floor(entry.realtimeUs / 1000);
  const pid = Number(textOf(entry, '_PID') ?? 0);
  const monotonicMs = entryTimeMs(entry);
  // syslog names an entry without an identifier by its program.
  const name = identifier ?? textOf(entry, '_COMM');
  return {
    source: 'journal',
    line,
    position: { cursor },
    atMs,
    ...(pid > 0 ? { process: { pid, seenAtMs: atMs } } : {}),
    ...(monotonicMs === undefined ? {} : { monotonicMs }),
    ...(name === undefined ? {} : { identifier: name }),
    ...(identifier === undefined ? { isNameless: true } : {}),
  };
}
