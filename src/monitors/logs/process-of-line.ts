/** Which process logged a line. The journal knows it; a file has at most the process id that syslog puts behind the name. */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { answersTo } from '../../host/processes/names.ts';
import { startedAtMs, startToleranceMs } from '../../host/processes/start-time.ts';
import { readProcess } from '../../host/processes/stat.ts';
import type { TriggerProcess } from '../../plugin.ts';
import { isThisHost, messageOfLine, parseSyslogLine, type SyslogLine } from './events/same-event.ts';
import { type JournalEntry, textOf } from './journal/entry.ts';
import type { LineMatch } from './source.ts';

/** How long the journal's entry for a line of a file is waited for: rsyslog may be quicker. A process must be known within a second. */
const waitMs = 800;
const lookAgainMs = 40;
/** How much earlier than the line the entry may be: syslog writes in portions, and rig reads up to 1.5 s later. */
const earlierMs = 5000;
/** syslog cuts long messages. */
const comparedCharacters = 1024;
const headBytes = 4096;
/** In a flood of triggers, only so many processes are searched for at a time. */
const mostSearches = 4;

/** Finds an entry of this host's journal. */
export interface EntryFinder {
  findNewest(sinceMs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined>;
}

export class ProcessOfLine {
  readonly #journal: EntryFinder | undefined;
  #searches = 0;

  /** `journal`: undefined where that of this host is not watched. */
  constructor(journal: EntryFinder | undefined) {
    this.#journal = journal;
  }

  /** Resolves within a second; undefined if the process is not known. Reads the match at once. Does not reject. */
  async find(match: LineMatch): Promise<TriggerProcess | undefined> {
    if (match.source === 'journal') return this.#journal && match.process;
    const line = parseSyslogLine(match.line.toString('utf8', 0, headBytes));
    if (!line || this.#searches >= mostSearches) return undefined;
    this.#searches++;
    try {
      const isOfHost = line.host !== undefined && isThisHost(line.host, performance.now());
      const known = isOfHost && this.#journal ? await findTwin(this.#journal, line, match.atMs) : undefined;
      return known ?? (await confirmTag(line, match.atMs));
    } catch {
      return undefined;
    } finally {
      this.#searches--;
    }
  }
}

/** Waits for the journal's entry of the same event. */
async function findTwin(journal: EntryFinder, line: SyslogLine, atMs: number): Promise<TriggerProcess | undefined> {
  // First the trigger: opening the journal takes some milliseconds.
  await nextTurn();
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const twin = await journal.findNewest(atMs - earlierMs, (entry) => isTwin(entry, line));
    const pid = Number(twin && textOf(twin, '_PID'));
    if (twin && pid > 0) return { pid, seenAtMs: Math.floor(twin.realtimeUs / 1000) };
    if (twin || performance.now() + lookAgainMs > untilMs) return undefined;
    await delay(lookAgainMs);
  }
}

function isTwin(entry: JournalEntry, line: SyslogLine): boolean {
  const [message] = entry.values('MESSAGE');
  if (!message) return false;
  const text = messageOfLine({ source: 'journal', line: message });
  if (text.slice(0, comparedCharacters) !== line.message.slice(0, comparedCharacters)) return false;
  const has = (wanted: string, ...fields: string[]) => fields.some((field) => textOf(entry, field) === wanted);
  if (line.pid !== undefined && !has(String(line.pid), '_PID', 'SYSLOG_PID')) return false;
  return line.identifier === '' || has(line.identifier, 'SYSLOG_IDENTIFIER', '_COMM');
}

/** The process of `NAME[PID]:`, if it has that name and was there before the line. */
async function confirmTag({ identifier, pid }: SyslogLine, atMs: number): Promise<TriggerProcess | undefined> {
  const process = pid === undefined ? undefined : readProcess(pid);
  if (process === undefined || startedAtMs(process) > atMs + startToleranceMs) return undefined;
  return (await answersTo(process, identifier)) ? { pid: process.pid, seenAtMs: atMs } : undefined;
}
