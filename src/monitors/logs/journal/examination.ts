/** Examines the entries of the journal, whoever reads them, and keeps account of what was examined and what is missing. */
import { readBootId } from '../../../host/boot.ts';
import type { SourceStatus } from '../../../plugin.ts';
import { Gaps } from '../../../rig/records/gaps.ts';
import { suppressionIn, tellsInJournal } from '../coverage.ts';
import type { LineMatch, SourceContext } from '../source.ts';
import type { JournalEntry } from './entry.ts';
import { textOf } from './entry.ts';
import { JournalSequence } from './sequence.ts';

/** How much of a message is searched for news of losses: such news is short, and a message may have many megabytes. */
const newsBytes = 1024;

export class Examination {
  readonly context: SourceContext;
  readonly sequence = new JournalSequence();
  readonly gaps = new Gaps();
  /** How many entries were examined. */
  entries = 0;
  /** The last entry seen. It need not be a selected one. */
  cursor: string | undefined;
  #first: string | undefined;
  #matches = 0;
  #passedOver = 0;
  readonly #selection: string[];

  /** Only entries of the `selection` are examined; an empty one is the whole journal. */
  constructor(context: SourceContext, selection: string[]) {
    this.context = context;
    this.#selection = selection;
  }

  get isSelective(): boolean {
    return this.#selection.length > 0;
  }

  /**
   * Examines an entry: does it tell of losses, and, if its message `line` matches, is it a sighting? Reads all of the entry
   * before it acts, so that one that turns out to be broken can be tried again.
   */
  examine(entry: JournalEntry, cursor: string, line: Buffer | undefined): void {
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    const isTeller = identifier !== undefined && tellsInJournal(identifier);
    const news = isTeller ? (entry.values('MESSAGE')[0]?.toString('utf8', 0, newsBytes) ?? '') : '';
    const suppression = isTeller ? suppressionIn(news, identifier) : undefined;
    const match = line && matchOf(entry, cursor, identifier, line);
    this.#first ??= cursor;
    this.entries++;
    if (suppression) this.gaps.add(suppression.cause, suppression.missing);
    if (!match) return;
    if (this.context.onMatch(match) === 'counted') this.#matches++;
    else this.#passedOver++;
  }

  /** Notes entries that are missing for good. */
  noteMissing(missing: number): void {
    this.gaps.add('removed from the journal before it was read', missing);
    const howMany = missing === 1 ? '1 entry is' : `${missing} entries are`;
    this.context.remark(
      `journal: ${howMany} missing, removed (vacuumed?) before being read; all that is left is examined`,
    );
  }

  /** Nothing more will be read, so every hole in the numbers is a loss. */
  end(): void {
    const missing = this.sequence.claimMissing(Number.POSITIVE_INFINITY);
    if (missing > 0) this.noteMissing(missing);
  }

  /** The status row. `doubt`: why it is not proved that the reader sees all entries, if it is not. */
  status(doubt: string | undefined, { source, ...details }: SourceStatus): SourceStatus {
    return {
      source,
      ...(this.isSelective ? { selection: this.#selection } : {}),
      state: 'following',
      first: this.#first ?? null,
      cursor: this.cursor ?? null,
      entries: this.entries,
      matches: this.#matches,
      passedOver: this.#passedOver,
      ...details,
      coverage: this.#coverage(doubt),
      gaps: this.gaps.list(),
    };
  }

  #coverage(doubt: string | undefined): string {
    if (!this.gaps.isEmpty) return 'gaps';
    if (this.sequence.hasHoles) return 'no gap known: entries were passed over that may still be found';
    if (doubt !== undefined) return `no gap known: ${doubt}`;
    if (this.sequence.breaks > 0) return 'no gap known: journald began its numbers anew';
    return 'no gap';
  }
}

function matchOf(entry: JournalEntry, cursor: string, identifier: string | undefined, line: Buffer): LineMatch {
  const atMs = Math.floor(entry.realtimeUs / 1000);
  const pid = Number(textOf(entry, '_PID') ?? 0);
  const { bootId, monotonicUs } = entry;
  const isOfThisBoot = bootId !== '' && bootId === readBootId() && monotonicUs >= 0;
  // syslog names an entry without an identifier by its program.
  const name = identifier ?? textOf(entry, '_COMM');
  return {
    source: 'journal',
    line,
    position: { cursor },
    atMs,
    ...(pid > 0 ? { process: { pid, seenAtMs: atMs } } : {}),
    ...(isOfThisBoot ? { monotonicMs: monotonicUs / 1000 } : {}),
    ...(name === undefined ? {} : { identifier: name }),
    ...(identifier === undefined ? { isNameless: true } : {}),
  };
}
