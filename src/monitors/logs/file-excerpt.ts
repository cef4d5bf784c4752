/** What surrounds a trigger in a log file. */
import { readSync } from 'node:fs';
import type { Trigger } from '../../plugin.ts';
import type { FollowedFile } from './followed-file.ts';
import { lastLines } from './last-lines.ts';
import type { SourceExcerpt } from './source.ts';
import { contextBytes, contextLines, reportedLineBytes } from './source.ts';

/** The last lines up to and with the one that triggered, or up to where the file was read when it is not in this file. */
export function excerptOf(file: FollowedFile, position: Trigger['position']): SourceExcerpt {
  const isTrigger = 'inode' in position && position.inode === file.inode && position.file === file.path;
  if (!isTrigger) return { source: file.path, text: lastLines(readBefore(file.fd, file.offset), contextLines) };
  const line = readLine(file.fd, position.offset);
  const before = lastLines(readBefore(file.fd, position.offset), contextLines - 1);
  return { source: file.path, text: Buffer.concat([before, line]), triggerAt: before.length };
}

/** The whole lines in the last 256 KiB before an offset. */
function readBefore(fd: number, end: number): Buffer {
  const from = Math.max(0, end - contextBytes);
  const text = readAt(fd, from, end - from);
  // The first line is whole only where the file begins.
  return from === 0 ? text : text.subarray(text.indexOf('\n') + 1);
}

/** The line that begins at an offset, cut like the trigger's. */
function readLine(fd: number, offset: number): Buffer {
  const text = readAt(fd, offset, reportedLineBytes);
  const end = text.indexOf('\n');
  return end < 0 ? Buffer.concat([text, Buffer.from('\n')]) : text.subarray(0, end + 1);
}

/** What a file still has there: it may have been truncated meanwhile. */
function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
}
