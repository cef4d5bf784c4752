/** Which process logged a line. The journal knows it; a file has at most the process id that syslog puts behind the name. */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { answersTo } from '../../host/processes/names.ts';
import { foundIn } from '../../host/processes/read-at-once.ts';
import { startedAtMs, startToleranceMs } from '../../host/processes/start-time.ts';
import { lookAt } from '../../host/processes/stat.ts';
import type { TriggerProcess } from '../../plugin.ts';
import {
  comparedCharacters,
  isThisHost,
  lookedAtBytes,
  messageOfLine,
  parseSyslogLine,
  type SyslogLine,
} from './events/same-event.ts';
import { timeOf } from './events/twin.ts';
import { type JournalEntry, textOf } from './journal/entry.ts';
import type { LineMatch } from './source.ts';

/** How long to wait for the journal's entry, which rsyslog may be quicker than. A process must be known within a second. */
const waitMs = 800;
const lookAgainMs = 40;
/** How far the entry's time may be from that in the line, which may be in whole seconds. */
const earlierMs = 250;
const laterMs = 1250;
/** In a flood of matches, the journal is searched for only so many of them at a time. */
const mostSearches = 4;

/** Finds an entry of this host's journal. */
export interface EntryFinder {
  findFirst(sinceMs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined>;
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
    const line = parseSyslogLine(match.line.toString('utf8', 0, lookedAtBytes));
    if (!line) return undefined;
    const loggedMs = timeOf(match.line.toString('latin1', 0, lookedAtBytes), new Date(match.atMs).getFullYear());
    const tagged = confirmTag(line, match.atMs).catch(() => undefined);
    // A look at a busy journal may take long, and the tag is known already.
    const twin = await Promise.race([this.#findTwin(line, loggedMs), delay(waitMs, undefined, { ref: false })]);
    return twin ?? (await tagged);
  }

  /** Undefined where the entry need not be searched for. */
  async #findTwin(line: SyslogLine, loggedMs: number): Promise<TriggerProcess | undefined> {
    const isOfHost = line.host !== undefined && isThisHost(line.host, performance.now());
    if (!this.#journal || !isOfHost || Number.isNaN(loggedMs) || this.#searches >= mostSearches) return undefined;
    this.#searches++;
    try {
      return await findTwin(this.#journal, line, loggedMs);
    } catch {
      return undefined;
    } finally {
      this.#searches--;
    }
  }
}

/** Waits for the journal's entry of the same event: of equal ones, the first since the time in the line. */
async function findTwin(journal: EntryFinder, line: SyslogLine, loggedMs: number): Promise<TriggerProcess | undefined> {
  // First the trigger: opening the journal takes some milliseconds.
  await nextTurn();
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const twin = await journal.findFirst(
      loggedMs - earlierMs,
      (entry) => entry.realtimeUs / 1000 <= loggedMs + laterMs && saysTheSame(entry, line),
    );
    const pid = Number(twin && textOf(twin, '_PID'));
    if (twin && pid > 0) return { pid, seenAtMs: Math.floor(twin.realtimeUs / 1000) };
    if (twin || performance.now() + lookAgainMs > untilMs) return undefined;
    await delay(lookAgainMs);
  }
}

/** Whether an entry says what the line says, of the same program. */
function saysTheSame(entry: JournalEntry, line: SyslogLine): boolean {
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
  const process = pid === undefined ? undefined : foundIn(lookAt(pid));
  if (process === undefined || startedAtMs(process) > atMs + startToleranceMs) return undefined;
  return (await answersTo(process, identifier)) ? { pid: process.pid, seenAtMs: atMs } : undefined;
}
