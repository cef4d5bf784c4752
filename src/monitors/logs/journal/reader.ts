import type { SourceStatus } from '../../../plugin.ts';
import type { JournalEntry } from './entry.ts';

/** Reads the journal: rig itself, or journalctl. */
export interface JournalReader {
  /** Resolves when every entry that is stored from now on will be examined. Throws a RigError where that cannot be. */
  start(): Promise<void>;
  /** Stops reading, at once; resolves when nothing is left running. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /** Entries beside the one with a cursor; also after `stop`. */
  readBeside(cursor: string, range: RangeBeside): Promise<JournalEntry[]>;
  /** The first entry since then that is wanted, if it is among the latest ones, of all units; also after `stop`. */
  findFirst(sinceUs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined>;
}

/** The first `count` entries of a selection. `up to`: the entry itself and those before it, the newest first; `behind`: the oldest first. */
export interface RangeBeside {
  side: 'up to' | 'behind';
  count: number;
  selection: string[];
}
