/** Which kind of line it is: what stays when numbers, addresses and ids are masked. */

import { messageOfLine } from '../events/same-event.ts';
import type { LineMatch } from '../source.ts';

/** So much of a message tells its kind. */
const comparedCharacters = 1024;

/**
 * What is masked, each with `#`, whole words only where they are letters and digits mixed:
 * - UUIDs, and `0x` with hex digits
 * - words of at least 6 hex digits with a digit among them, or of 8 without: commits, container ids, addresses
 * - words of at least 8 letters and digits with 2 digits or more: session and request ids
 * - every other run of digits
 */
const masked = new RegExp(
  [
    /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/,
    /\b0x[0-9a-f]+\b/,
    /\b(?=[a-f]*[0-9])[0-9a-f]{6,}\b/,
    /\b[0-9a-f]{8,}\b/,
    /\b(?=(?:[a-z]*[0-9]){2})[a-z0-9]{8,}\b/,
    /[0-9]+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);

/** The kind of a line: its message, without the time, host and process id that syslog puts before it, masked. */
export function kindOf(match: LineMatch): string {
  return messageOfLine(match).slice(0, comparedCharacters).replace(masked, '#');
}
