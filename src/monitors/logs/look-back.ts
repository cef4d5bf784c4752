/**
 * How often the condition was met in what is logged already: a pattern that never fires should be noticed while the user is
 * still there. Nothing of it counts for the rig.
 */
import { readSync } from 'node:fs';
import { objectionsOf } from './events/passed-over.ts';
import { withoutNuls } from './files/follow/hole.ts';
import { OpenedFile } from './files/follow/opened-file.ts';
import { textOf } from './journal/entry.ts';
import { FieldChecks } from './journal/format/field-checks.ts';
import { readFromPlace } from './journal/native/read-around.ts';
import { compileSelection } from './journal/selection/selection.ts';
import { lastLines } from './last-lines.ts';
import { compileMatcher, type Matcher, type MessageOptions } from './matching/matcher.ts';
import { decodeLine, withoutColours } from './matching/readable.ts';
import { countNewlines } from './matching/vectors.ts';
import { compileVerdict } from './matching/verdict.ts';
import type { JournalPlan, LogsPlan } from './plan.ts';

/** How long looking may take: about as long as arming, which goes on meanwhile. */
const mostMs = 150;
const hourMs = 3_600_000;
const mostLines = 10_000;
const newline = 10;
/** How much of a file is read, at its end, and how much of that is searched at once. */
const mostBytes = 4 * 1024 * 1024;
const pieceBytes = 64 * 1024;
/** How much of a line is shown. */
const shownCharacters = 100;

/** What was found in the last lines of something, or in its last entries: exactly so many of those that were looked at. */
interface Found {
  matches: number;
  lookedAt: number;
  /** The last match, in words. */
  last: string;
}

/** Whether a line that matches would count. */
type Counts = (line: Buffer, identifier?: string) => boolean;

/** Looks at something from its end backwards, until all is seen or time is up. */
type Look = (matcher: Matcher) => Promise<Found>;

/** Tells for each file and the journal how often the condition matched lately. Never throws. */
export async function lookBack(plan: LogsPlan, remark: (text: string) => void, withinMs = mostMs): Promise<void> {
  const { messages, files, journal } = plan;
  if (messages.some(({ text }) => text === '')) return;
  const untilMs = performance.now() + withinMs;
  const counts = countingBy(plan);
  const lines = (count: number): string => `${count} ${count === 1 ? 'line' : 'lines'}`;
  const entries = (count: number): string => `${count} journal ${count === 1 ? 'entry' : 'entries'}`;
  const ofJournal =
    journal && tell(lookAtJournal(journal, counts, untilMs), messages, (count) => `${entries(count)} of the last hour`);
  for (const path of files) {
    const look = lookAtFile(path, counts, untilMs, messages[0]?.encoding);
    const words = await tell(look, messages, (count) => `${lines(count)} of ${path}`);
    if (words) remark(words);
  }
  const words = await ofJournal?.catch(() => undefined);
  if (words) remark(words);
}

function countingBy(plan: LogsPlan): Counts {
  const objectionTo = objectionsOf(plan);
  const verdictOn = compileVerdict({ messages: plan.messages, exclude: plan.exclude ?? [] });
  return (line, identifier) =>
    objectionTo({ line, ...(identifier === undefined ? {} : { identifier }) }, verdictOn(line)) === undefined;
}

/** What is found, in words; undefined where there was nothing to look at. */
async function tell(
  look: Look,
  messages: readonly MessageOptions[],
  lookedAtWords: (count: number) => string,
): Promise<string | undefined> {
  const { matches, lookedAt, last } = await look(compileMatcher(...messages));
  if (lookedAt === 0) return undefined;
  const where = lookedAtWords(lookedAt);
  if (matches > 0) return `the message matched ${matches} of the last ${where}, last${last}`;
  const inAnyCase = messages.map((message) => ({ ...message, ignoreCase: true }));
  const others = messages.every(({ ignoreCase }) => ignoreCase) ? undefined : await look(compileMatcher(...inAnyCase));
  const hint = others && others.matches > 0 ? `; with -i it would match ${others.matches}` : '';
  return `the message matches nothing in the last ${where}${hint}`;
}

function lookAtFile(path: string, counts: Counts, untilMs: number, encoding: string | undefined): Look {
  const text = readEnd(path);
  return async (matcher) => {
    const found: Found = { matches: 0, lookedAt: 0, last: '' };
    for (let end = text.length; end > 0 && performance.now() < untilMs; ) {
      const start = pieceStart(text, end);
      const piece = text.subarray(start, end);
      const before = found.matches;
      let last: Buffer | undefined;
      matcher.scan(piece, (from, to) => {
        const line = piece.subarray(from, to);
        if (counts(line)) {
          found.matches++;
          last = line;
        }
        return true;
      });
      if (before === 0 && last) found.last = `: ${shown(withoutColours(decodeLine(last, encoding)))}`;
      found.lookedAt += countNewlines(piece, piece.length) + (piece.at(-1) === newline ? 0 : 1);
      end = start;
      // The journal's entries have their turn.
      await new Promise(setImmediate);
    }
    return found;
  };
}

/** Where the whole lines begin that end at `end`: those of the last 64 KiB, at least one. */
function pieceStart(text: Buffer, end: number): number {
  if (end <= pieceBytes) return 0;
  const start = text.indexOf(newline, end - pieceBytes) + 1;
  return start > 0 && start < end ? start : text.lastIndexOf(newline, end - 2) + 1;
}

/** A line, marked where it is cut. */
function shown(line: string): string {
  return line.length > shownCharacters ? `${line.slice(0, shownCharacters)}…` : line;
}

/** The last 10,000 lines of a file; nothing when it cannot be read, which is told elsewhere. */
function readEnd(path: string): Buffer {
  try {
    const file = new OpenedFile(path);
    try {
      const from = Math.max(0, file.size - mostBytes);
      const text = Buffer.alloc(file.size - from);
      const found = readSync(file.fd, text, 0, text.length, from);
      return lastLines(withoutNuls(text.subarray(0, found)), mostLines);
    } finally {
      file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** The entries of the last hour; none where journalctl reads the journal: that takes too long. */
function lookAtJournal(journal: JournalPlan, counts: Counts, untilMs: number): Look {
  const sinceUs = (Date.now() - hourMs) * 1000;
  const selected = compileSelection(journal.selection);
  return async (matcher) => {
    const found: Found = { matches: 0, lookedAt: 0, last: '' };
    if (journal.reader !== 'native') return found;
    // Equal messages are looked at once.
    const checks = new FieldChecks([{ field: 'MESSAGE', test: (value) => matcher.test(value) }]);
    await new Promise(setImmediate);
    const restMs = untilMs - performance.now();
    await readFromPlace({ place: journal, sinceUs, step: -1, withinMs: restMs }, (entry) => {
      if (entry.realtimeUs < sinceUs) return false;
      if (!selected.accepts(entry)) return true;
      found.lookedAt++;
      const message = entry.check(checks) > 0 && entry.values('MESSAGE').find((text) => matcher.test(text));
      if (message && counts(message, textOf(entry, 'SYSLOG_IDENTIFIER'))) {
        found.matches++;
        found.last ||= ` at ${new Date(entry.realtimeUs / 1000).toISOString()}`;
      }
      return found.lookedAt < mostLines;
    });
    return found;
  };
}
