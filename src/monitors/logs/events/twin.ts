/** Finds the line that triggered where else it was logged: most events stand in the journal and in a file. */
import type { Trigger } from '../../../plugin.ts';
import { messageOfLine, parseSyslogLine } from './same-event.ts';

/** How much earlier or later a log may date the same event: syslog counts in seconds, and is read up to 1.5 s later. */
const apartMs = 3000;
const newline = 10;

/** A line, whoever wrote it. */
export interface LoggedLine {
  message: string;
  atMs: number;
}

/** Undefined where no line triggered. */
export function triggeringLine({ subject, text, facts }: Trigger): LoggedLine | undefined {
  if (facts.position === undefined || text === '') return undefined;
  const parsed = subject === 'journal' ? undefined : parseSyslogLine(text);
  return { message: parsed?.message ?? plain(Buffer.from(text)), atMs: Date.parse(String(facts.loggedAt)) };
}

/** Where in a text of whole lines the same event begins, its first or last line; undefined if it is not there. */
export function findTwin(text: Buffer, line: LoggedLine | undefined, which: 'first' | 'last'): number | undefined {
  let found: number | undefined;
  for (let at = 0, end = 0; line && at < text.length; at = end + 1) {
    end = text.indexOf(newline, at);
    if (end < 0) end = text.length;
    if (!isTwin(plain(text.subarray(at, end)), line)) continue;
    if (which === 'first') return at;
    found = at;
  }
  return found;
}

function isTwin(text: string, { message, atMs }: LoggedLine): boolean {
  // The journal's excerpt has a message of several lines as it is.
  const [firstLine] = message.split('#012');
  if (!text.endsWith(` ${message}`) && !text.endsWith(` ${firstLine}`)) return false;
  return Math.abs(timeOf(text, new Date(atMs).getFullYear()) - atMs) <= apartMs;
}

/** A line as it is compared: control characters as rsyslog writes them. */
const plain = (line: Buffer): string => messageOfLine({ source: 'journal', line });

/** When a line was logged, by its head: an ISO 8601 time, or `Nov 22 15:26:46`. NaN for others. */
export function timeOf(text: string, year: number): number {
  const [, iso, day, time] =
    /^(?:<\d{1,3}>1 )?(?:(\d{4}-\d\d-\d\dT\S+)|([A-Z][a-z]{2} [ \d]\d) ([\d:]{8})) /.exec(text) ?? [];
  return Date.parse(iso ?? `${day} ${year} ${time}`);
}
