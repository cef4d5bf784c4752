/** A matching line as the rig sees it. Its text is decoded only when it is asked for: most lines are counted and no more. */
import type { Facts, Sighting, TriggerProcess } from '../../plugin.ts';
import { messageOfLine } from './events/same-event.ts';
import type { MatchFacts } from './matching/match-facts.ts';
import { decodeLine } from './matching/readable.ts';
import type { LineMatch } from './source.ts';
import { reportedLineBytes } from './source.ts';

/** What reads a line once it counts. */
export interface LineReaders {
  factsIn(text: string): MatchFacts;
  processOf(match: LineMatch): Promise<TriggerProcess | undefined>;
  /** That of lines which are not UTF-8; undefined: none. */
  encoding: string | undefined;
}

export class LineSighting implements Sighting {
  readonly subject: string;
  readonly atMs: number;
  readonly times: number;
  readonly slot: 'first' | 'second' | 'both';
  readonly #match: LineMatch;
  readonly #factsIn: (text: string) => MatchFacts;
  readonly #processOf: (match: LineMatch) => Promise<TriggerProcess | undefined>;
  readonly #encoding: string | undefined;

  constructor(
    match: LineMatch,
    { factsIn, processOf, encoding }: LineReaders,
    { atMs, times, slot }: Pick<LineSighting, 'atMs' | 'times' | 'slot'>,
  ) {
    this.subject = match.source;
    this.atMs = atMs;
    this.times = times;
    this.slot = slot;
    this.#match = match;
    this.#factsIn = factsIn;
    this.#processOf = processOf;
    this.#encoding = encoding;
  }

  /** Without its line end, cut to 64 KiB. */
  get text(): string {
    return decodeLine(this.#match.line.subarray(0, reportedLineBytes), this.#encoding);
  }

  /** Without the time, host and process id that syslog puts before it. */
  get kind(): string {
    return messageOfLine(this.#match);
  }

  /** The process that logged it. */
  get process(): Promise<TriggerProcess | undefined> {
    return this.#processOf(this.#match);
  }

  /** Where it stands, when it was logged (journal) or read (file), and what was found in it. */
  get facts(): Facts {
    const { position, atMs } = this.#match;
    const matched = this.slot === 'second' ? {} : this.#factsIn(this.text);
    return { position, loggedAt: new Date(atMs).toISOString(), ...matched };
  }
}
