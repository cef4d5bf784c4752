/**
 * How often the condition was met in what is logged already: a pattern that never fires should be noticed while the user is
 * still there. Nothing of it counts for the rig.
 */
import { readSync } from 'node:fs';
import { EchoRule, isOfRig } from './events/echo.ts';
import { OpenedFile } from './files/follow/opened-file.ts';
import type { JournalEntry } from './journal/entry.ts';
import { textOf } from './journal/entry.ts';
import { FieldChecks } from './journal/format/field-checks.ts';
import { readFromPlace } from './journal/native/read-around.ts';
import { compileSelection } from './journal/selection/selection.ts';
import { lastLines } from './last-lines.ts';
import type { Matcher } from './matching/matcher.ts';
import { compileMatcher } from './matching/matcher.ts';
import { countNewlines } from './matching/vectors.ts';
import type { JournalPlan, LogsPlan } from './plan.ts';

/** For all files together, and for the journal beside them: about as long as arming takes, which goes on meanwhile. */
const withinMs = 150;
const hourMs = 3_600_000;
const mostLines = 10_000;
const newline = 10;
/** How much of a file is read, at its end. */
const mostBytes = 4 * 1024 * 1024;

/** Tells for each file and the journal how often the condition matched lately. Never throws. */
export async function lookBack(plan: LogsPlan, remark: (text: string) => void): Promise<void> {
  if (plan.messages.some(({ text }) => text === '')) return;
  const deadline = performance.now() + withinMs;
  const matcher = compileMatcher(...plan.messages);
  const echo = new EchoRule(plan.names);
  const journal = plan.journal ? lookBackAtJournal(plan.journal, matcher, echo) : undefined;
  for (const path of plan.files) {
    if (performance.now() >= deadline) break;
    const found = lookBackAtFile(path, matcher, echo, deadline);
    if (found) remark(found);
    // The journal's entries have their turn.
    await new Promise(setImmediate);
  }
  const found = await journal?.catch(() => undefined);
  if (found) remark(found);
}

function lookBackAtFile(path: string, matcher: Matcher, echo: EchoRule, deadline: number): string | undefined {
  const text = readEnd(path);
  if (text.length === 0) return undefined;
  let [matches, last] = [0, ''];
  matcher.scan(text, (start, end) => {
    const line = text.subarray(start, end);
    if (!isOfRig(line) && !echo.isEcho(line)) {
      matches++;
      last = line.toString('utf8', 0, 100);
    }
    return performance.now() < deadline;
  });
  const lines = countNewlines(text, text.length) + (text.at(-1) === newline ? 0 : 1);
  return inWords(matches, `${counted(lines, 'line')} of ${path}`, `: ${last}`);
}

/** The last 10,000 lines of a file; nothing when it cannot be read, which is told elsewhere. */
function readEnd(path: string): Buffer {
  try {
    const file = new OpenedFile(path);
    try {
      const from = Math.max(0, file.size - mostBytes);
      const text = Buffer.alloc(file.size - from);
      const found = readSync(file.fd, text, 0, text.length, from);
      return lastLines(text.subarray(0, found), mostLines);
    } finally {
      file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** What was found among the entries of the last hour. */
class EntryTally {
  entries = 0;
  #matches = 0;
  #lastAt = '';
  readonly #matcher: Matcher;
  readonly #echo: EchoRule;

  constructor(matcher: Matcher, echo: EchoRule) {
    this.#matcher = matcher;
    this.#echo = echo;
  }

  /** Takes an entry; the newest comes first. */
  take(entry: JournalEntry): void {
    this.entries++;
    const message = entry.values('MESSAGE').find((text) => this.#matcher.test(text));
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    if (!message || isOfRig(message, identifier) || this.#echo.isEcho(message, identifier)) return;
    if (this.#matches++ === 0) this.#lastAt = new Date(entry.realtimeUs / 1000).toISOString();
  }

  inWords(): string | undefined {
    if (this.entries === 0) return undefined;
    const where = `${counted(this.entries, 'journal entry', 'journal entries')} of the last hour`;
    return inWords(this.#matches, where, ` at ${this.#lastAt}`);
  }
}

/** Undefined where there is nothing, or journalctl reads the journal: that takes too long. */
async function lookBackAtJournal(
  { reader, selection, ...place }: JournalPlan,
  matcher: Matcher,
  echo: EchoRule,
): Promise<string | undefined> {
  if (reader !== 'native') return undefined;
  const tally = new EntryTally(matcher, echo);
  const selected = compileSelection(selection);
  // Equal messages are looked at once.
  const checks = new FieldChecks([{ field: 'MESSAGE', test: (value) => matcher.test(value) }]);
  const sinceUs = (Date.now() - hourMs) * 1000;
  await new Promise(setImmediate);
  await readFromPlace({ place, sinceUs, step: -1, withinMs }, (entry) => {
    if (entry.realtimeUs < sinceUs) return false;
    if (!selected.accepts(entry)) return true;
    if (entry.check(checks) === 0) tally.entries++;
    else tally.take(entry);
    return tally.entries < mostLines;
  });
  return tally.inWords();
}

function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function inWords(matches: number, where: string, last: string): string {
  return matches === 0
    ? `the message matches nothing in the last ${where}`
    : `the message matched ${matches} of the last ${where}, last${last}`;
}
