/** The entries around a trigger as text, in the manner of `journalctl -o short-iso-precise`. */
import { firstLines } from '../last-lines.ts';
import type { LinesAfter, SourceExcerpt } from '../source.ts';
import { contextBytes, reportedLineBytes } from '../source.ts';
import type { JournalEntry } from './entry.ts';
import { textOf } from './entry.ts';

/** The entries up to a trigger, given newest first, as lines. Where they have more than 256 KiB, the oldest are left out. */
export function formatEntries(
  entries: JournalEntry[],
  triggerCursor?: string,
): Pick<SourceExcerpt, 'text' | 'triggerAt'> {
  const lines: Buffer[] = [];
  let bytes = 0;
  let triggerAt: number | undefined;
  for (const entry of entries) {
    const line = formatEntry(entry);
    if (bytes + line.length > contextBytes) break;
    bytes += line.length;
    // Counted from the end, since the oldest come last here.
    if (triggerCursor !== undefined && entry.cursor() === triggerCursor) triggerAt = bytes;
    lines.push(line);
  }
  const text = Buffer.concat(lines.reverse());
  return { text, ...(triggerAt === undefined ? {} : { triggerAt: text.length - triggerAt }) };
}

/** The first entries behind a trigger, oldest first, as lines. */
export function formatAfter(entries: JournalEntry[], mostEntries: number): LinesAfter {
  const text = Buffer.concat(entries.slice(0, mostEntries).map(formatEntry));
  const first = firstLines(text, Number.POSITIVE_INFINITY, contextBytes);
  return { text: first.text, isCut: first.isCut || entries.length > mostEntries };
}

/** `2026-11-22T15:26:46.123456Z name[pid]: message`; further lines of the message are indented. */
function formatEntry(entry: JournalEntry): Buffer {
  const microseconds = entry.realtimeUs;
  const seconds = new Date(microseconds / 1000).toISOString().slice(0, 19);
  const time = `${seconds}.${String(microseconds % 1e6).padStart(6, '0')}Z`;
  const pid = textOf(entry, '_PID');
  const head = `${time} ${textOf(entry, 'SYSLOG_IDENTIFIER') ?? 'unknown'}${pid === undefined ? '' : `[${pid}]`}: `;
  const message = Buffer.concat(entry.values('MESSAGE').flatMap((each) => [each, Buffer.from('\n')]));
  const indented = message.subarray(0, reportedLineBytes).toString('utf8').trimEnd().replaceAll('\n', '\n    ');
  return Buffer.from(`${head}${indented}\n`);
}
