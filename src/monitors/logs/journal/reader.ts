import type { SourceStatus } from '../../../plugin.ts';
import type { JournalEntry } from './entry.ts';

/** Reads the journal: rig itself, or journalctl. */
export interface JournalReader {
  /** Resolves when every entry that is stored from now on will be examined. Throws a RigError where that cannot be. */
  start(): Promise<void>;
  /** Stops reading, at once; resolves when nothing is left running. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /** The last `count` entries up to the one with a cursor, the newest first; also after `stop`. */
  entriesUpTo(cursor: string, count: number): Promise<JournalEntry[]>;
  /** The first `count` entries behind the one with a cursor, the oldest first; also after `stop`. */
  entriesBehind(cursor: string, count: number): Promise<JournalEntry[]>;
}
