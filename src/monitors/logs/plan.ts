/** What the logs monitor is to do: checked in the foreground, done in the daemon. */
import type { MessageOptions } from './matcher.ts';

/** A type and not an interface: only a type fits the plan's `Json`. */
export type LogsPlan = {
  message: MessageOptions;
  /** How many matching lines it takes. */
  count: number;
  /** Absolute paths. */
  files: string[];
  /** Absolute patterns. */
  patterns?: string[];
  /** Fifos, and `-` for standard input. */
  streams?: string[];
  /** How often files are looked at unasked; undefined: the default. */
  intervalMs?: number;
  /** Undefined: the journal is not watched. No units: the whole of it. */
  journal?: { program: string; units: string[] };
};
