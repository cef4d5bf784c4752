/** What syslog, journald and the kernel say in a log file about lines that they left out of it. */
import { nowMs } from '../../../host/clock.ts';
import { suppressionIn, tellsInFile } from '../coverage.ts';
import { parseSyslogLine } from '../events/same-event.ts';
import type { Matcher } from '../matching/matcher.ts';
import { lineEndOf, lineStartOf } from '../matching/searcher.ts';
import { finder } from '../matching/vectors.ts';
import type { Certificate } from './certificate.ts';

/** Each of their messages has one of these in it. */
const findTelling = ['uppressed', 'rate-limiting', 'messages dropped', 'kernel messages'].map((text) =>
  finder(Buffer.from(text)),
);
/** Looking for them costs more than looking for the message. Up to this rate, it takes less than 1 % of a core. */
const bytesPerSecond = 4 * 1024 * 1024;
const burstDoubt = 'in a burst it was not looked for what syslog or the kernel say they left out';
/** How much of a line tells whether syslog wrote it. */
const headBytes = 256;

export class SuppressedLines {
  #bytesLeft = bytesPerSecond;
  #lastMs = nowMs();

  /** Makes a matcher that also notes in the certificates what the lines that it scans say is missing. */
  noting(matcher: Matcher, certificates: Iterable<Certificate>): Matcher {
    let isDoubted = false;
    return {
      scan: (chunk, onLine) => {
        if (this.#mayLook(chunk.length)) noteAll(chunk, certificates);
        else if (!isDoubted && isOfSyslog(chunk)) {
          isDoubted = true;
          for (const certificate of certificates) certificate.doubt(burstDoubt);
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

function noteAll(chunk: Buffer, certificates: Iterable<Certificate>): void {
  for (const find of findTelling) {
    for (let at = find(chunk, 0); at >= 0; at = find(chunk, at)) {
      const end = lineEndOf(chunk, at);
      note(chunk.subarray(lineStartOf(chunk, at), end), certificates);
      at = end;
    }
  }
}

function note(line: Buffer, certificates: Iterable<Certificate>): void {
  const { host, identifier, message } = parseSyslogLine(line.toString('utf8', 0, headBytes * 4)) ?? {};
  if (host === undefined || identifier === undefined || message === undefined || !tellsInFile(identifier)) return;
  const found = suppressionIn(message, identifier);
  if (found) for (const { gaps } of certificates) gaps.add(found.cause, found.missing);
}

/** Whether a chunk begins as the lines of syslog do. */
const isOfSyslog = (chunk: Buffer): boolean =>
  parseSyslogLine(chunk.toString('latin1', 0, Math.min(headBytes, lineEndOf(chunk, 0))))?.host !== undefined;
