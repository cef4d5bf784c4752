/** What syslog, journald and the kernel say in a log file that they have not logged: lines that are missing from it. */
import { nowMs } from '../../../host/clock.ts';
import { suppressionIn, tellsInFile } from '../coverage.ts';
import { parseSyslogLine } from '../events/same-event.ts';
import type { Matcher } from '../matching/matcher.ts';
import { lineEndOf, lineStartOf } from '../matching/searcher.ts';
import { finder } from '../matching/vectors.ts';
import type { FileRecord } from './file-record.ts';

/** Each of what they say has one of these in it. */
const findTelling = ['uppressed', 'rate-limiting', 'messages dropped', 'kernel messages'].map((text) =>
  finder(Buffer.from(text)),
);
/**
 * To look for them costs more than to look for the message. Of what comes faster than this, only so much is looked at: that takes
 * less than 1 % of a core.
 */
const bytesPerSecond = 4 * 1024 * 1024;
const burstDoubt = 'in a burst it was not looked for what syslog or the kernel say they left out';
/** So much of a line tells whether syslog wrote it. */
const headBytes = 256;

export class SuppressedLines {
  #bytesLeft = bytesPerSecond;
  #lastMs = nowMs();

  /** A matcher that does as another one, and notes in the certificates what the lines that it scans say is missing. */
  noting(matcher: Matcher, records: Iterable<FileRecord>): Matcher {
    let isDoubted = false;
    return {
      scan: (chunk, onLine) => {
        if (this.#mayLook(chunk.length)) noteAll(chunk, records);
        else if (!isDoubted && isOfSyslog(chunk)) {
          isDoubted = true;
          for (const record of records) record.doubt(burstDoubt);
        }
        matcher.scan(chunk, onLine);
      },
      test: (text) => matcher.test(text),
    };
  }

  #mayLook(bytes: number): boolean {
    const now = nowMs();
    this.#bytesLeft = Math.min(bytesPerSecond, this.#bytesLeft + ((now - this.#lastMs) * bytesPerSecond) / 1000);
    this.#lastMs = now;
    if (bytes > this.#bytesLeft) return false;
    this.#bytesLeft -= bytes;
    return true;
  }
}

function noteAll(chunk: Buffer, records: Iterable<FileRecord>): void {
  for (const find of findTelling) {
    for (let at = find(chunk, 0); at >= 0; at = find(chunk, at)) {
      const end = lineEndOf(chunk, at);
      note(chunk.subarray(lineStartOf(chunk, at), end), records);
      at = end;
    }
  }
}

function note(line: Buffer, records: Iterable<FileRecord>): void {
  const { host, identifier, message } = parseSyslogLine(line.toString('utf8', 0, headBytes * 4)) ?? {};
  if (host === undefined || identifier === undefined || message === undefined || !tellsInFile(identifier)) return;
  const found = suppressionIn(message, identifier);
  if (found) for (const { gaps } of records) gaps.add(found.cause, found.missing);
}

/** Whether a chunk begins as the lines of syslog do. */
const isOfSyslog = (chunk: Buffer): boolean =>
  parseSyslogLine(chunk.toString('latin1', 0, Math.min(headBytes, lineEndOf(chunk, 0))))?.host !== undefined;
