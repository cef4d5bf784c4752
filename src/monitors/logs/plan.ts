/** What the logs monitor is to do: checked in the foreground, done in the daemon. */
import type { MessageOptions } from './matching/matcher.ts';

/** A type and not an interface: only a type fits the plan's `Json`. */
export type LogsPlan = {
  /** Each of them will do. */
  messages: MessageOptions[];
  /** Lines that match one of these are passed over. */
  exclude?: MessageOptions[];
  /** What must follow a message, or must not: --then, --unless. */
  second?: MessageOptions;
  /** --unit-event: what is waited for, in words. */
  events?: string[];
  /** What is watched, in words. */
  watch: string;
  /** The names that rig's own file goes by, beside `rig`: in echoes of its command line. */
  names?: string[];
  /** Whether echoes of rig's command line count like any other line. */
  echo?: true;
  /** Absolute paths. */
  files: string[];
  /** Absolute patterns. */
  patterns?: string[];
  /** Files that the kernel makes at each reading, as in /proc and /sys: absolute paths. */
  pseudoFiles?: string[];
  /** Fifos, and `-` for standard input. */
  streams?: string[];
  /** How often files are looked at unasked; undefined: the default. */
  intervalMs?: number;
  /** Undefined: the journal is not watched. */
  journal?: JournalPlan;
};

/** How the journal is read. */
export type JournalPlan = {
  /** Who reads its files: rig itself, or journalctl. */
  reader: 'native' | 'journalctl';
  /** The path of journalctl; where rig itself reads, it takes over when a file cannot be read so. */
  program?: string;
  /** The folder with the journal, absolute; undefined: this host's own. */
  dir?: string;
  /** The journal namespaces that are watched beside it: LogNamespace= in systemd.exec(5). */
  namespaces?: string[];
  /** How long a new entry of a busy journal may go unnoticed. */
  latencyMs?: number;
  /** Units, `FIELD=VALUE` and `--priority=LEVEL`, none of which can be taken for another. Empty: the whole of it. */
  selection: string[];
};
