/** What the log files and the journal have in common: a source finds matching lines and says how far it has got. */
import type { Clock } from '../../host/clock.ts';
import type { SourceStatus, TriggerProcess } from '../../plugin.ts';
import type { Matcher } from './matching/matcher.ts';

/** How late a line of a file may be read at most: files are looked at once a second where there is no inotify. */
export const fileReadingMs = 1500;

/** How long nothing must have come before an unfinished line is examined as it stands: it may be a program's last words. */
export const tailAfterMs = 2000;

/** Matching lines are reported, decoded and kept only up to this many bytes. */
export const reportedLineBytes = 64 * 1024;
/** How much of a source goes into the context of a trigger, at most. */
export const contextLines = 200;
export const contextBytes = 256 * 1024;

/** Where a line stands: a byte offset in a file, or a journal cursor. */
export type LinePosition = { file: string; inode: string; offset: number } | { cursor: string };

/** A line that matched. `line` is a view on a reused buffer: whoever wants to keep it copies or decodes it at once. */
export interface LineMatch {
  /** The file, or `journal`. */
  source: string;
  line: Buffer;
  position: LinePosition;
  /** When it was logged (journal) or read (file), in milliseconds since the epoch. */
  atMs: number;
  /** When journald took it, on the monotonic clock; unknown for lines of files and entries of other boots. */
  monotonicMs?: number;
  process?: TriggerProcess;
  /** The program that logged it, as the journal has it (SYSLOG_IDENTIFIER, else _COMM). */
  identifier?: string;
  /** The entry has no SYSLOG_IDENTIFIER. */
  isNameless?: true;
}

/** What a source gets from the watch that it belongs to. */
export interface SourceContext {
  matcher: Matcher;
  clock: Clock;
  /** A line matched. The answer says how it was taken, for the source's own figures. */
  onMatch(match: LineMatch): 'counted' | 'passed over';
  /** Whether the condition is met: then nothing more need be examined. */
  isOver(): boolean;
  /** Something that the user should know. */
  remark(text: string): void;
  /** Detail for the log. */
  debug(text: string): void;
}

/** Something that lines are read from. */
export interface Source {
  /** Resolves when every line that is written from now on will be examined. Throws a RigError when that cannot be. */
  start(): Promise<void>;
  /** Stops examining, at once; resolves when nothing is left running. What `context` needs is kept. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /** The longest time, in milliseconds, until a written line is read, where that is more than for files. */
  readonly readingMs?: number;
  /**
   * The last lines examined, one text for each thing watched. The line at `position`, which triggered, is the last of its
   * text; a file that the kernel makes at each reading is given as a whole. Called at any time.
   */
  context(position: LinePosition | undefined): Promise<SourceExcerpt[]>;
  /** Gives back what `context` needed after `stop`. */
  close(): void;
}

/** The lines of one source around a trigger. */
export interface SourceExcerpt {
  /** The file, or `journal`. */
  source: string;
  /** Whole lines, each with its line end. */
  text: Buffer;
  /** Where in `text` the line begins that triggered, when it is from this source. */
  triggerAt?: number;
  /** The first lines that came behind `text`, up to now; nothing of them is examined. */
  readAfter(): Promise<LinesAfter>;
  /** Gives back what `readAfter` needed. */
  close?(): void;
}

/** What came behind an excerpt: whole lines, at most as many as are kept from before. */
export interface LinesAfter {
  text: Buffer;
  /** Whether there was more. */
  isCut: boolean;
}
