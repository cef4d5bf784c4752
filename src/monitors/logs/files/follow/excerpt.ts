/** What surrounds a trigger in a log file. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { descriptorPath } from '../../../../host/descriptors.ts';
import { firstLines, lastLines } from '../../last-lines.ts';
import type { LinePosition, LinesAfter, SourceExcerpt } from '../../source.ts';
import { contextBytes, contextLines, reportedLineBytes } from '../../source.ts';
import type { FollowedFile } from './followed-file.ts';
import { withoutNuls } from './hole.ts';
import { OpenedFile } from './opened-file.ts';

type FilePosition = Extract<LinePosition, { inode: string }>;

/** Stands where a file ends and the one that took its name begins, or where it was truncated. */
const successorMark = Buffer.from('--- the file was rotated here ---\n');

/** Whether a position is in a file. */
export function isPlaceIn(file: FollowedFile, position: LinePosition | undefined): position is FilePosition {
  return position !== undefined && 'inode' in position && position.inode === file.inode && position.file === file.path;
}

/**
 * The last lines up to and with the line that triggered; up to where the file was read when that line is in another file.
 * `isFollowed` tells the files that have an excerpt of their own. Throws what opening and reading throw.
 */
export function excerptOf(
  file: FollowedFile,
  position: LinePosition | undefined,
  isFollowed: (key: string) => boolean,
): SourceExcerpt {
  // A descriptor of its own: where the rig goes on watching, the file may be let go before the last action ends.
  const fd = openSync(descriptorPath(file.fd), constants.O_RDONLY);
  const excerpt = (text: Buffer, from: number) => ({
    source: file.path,
    text,
    readAfter: async () => linesAfter(file.path, fd, from, isFollowed),
    close: () => closeSync(fd),
  });
  if (!isPlaceIn(file, position)) return excerpt(lastLines(readBefore(fd, file.offset), contextLines), file.offset);
  const line = readLine(fd, position.offset);
  const before = lastLines(readBefore(fd, position.offset), contextLines - 1);
  return { ...excerpt(Buffer.concat([before, line.text]), line.end), triggerAt: before.length };
}

/** The lines behind an offset, and those of the file that has the name now. */
function linesAfter(path: string, fd: number, from: number, isFollowed: (key: string) => boolean): LinesAfter {
  const { size } = fstatSync(fd);
  const parts = size < from ? [successorMark, readAt(fd, 0, contextBytes + 1)] : [readAt(fd, from, contextBytes + 1)];
  const successor = readSuccessor(path, isFollowed);
  if (successor.length > 0) parts.push(successorMark, successor);
  return firstLines(Buffer.concat(parts), contextLines, contextBytes);
}

/** The beginning of the file that a path leads to now; nothing for a followed file, which has an excerpt of its own. */
function readSuccessor(path: string, isFollowed: (key: string) => boolean): Buffer {
  try {
    const file = new OpenedFile(path);
    try {
      return isFollowed(file.key) ? Buffer.alloc(0) : readAt(file.fd, 0, contextBytes + 1);
    } finally {
      file.close();
    }
  } catch {
    // Nothing has the name, or no file: there is nothing to add.
    return Buffer.alloc(0);
  }
}

/** The whole lines in the last 256 KiB before an offset. */
function readBefore(fd: number, end: number): Buffer {
  const from = Math.max(0, end - contextBytes);
  const text = readAt(fd, from, end - from);
  // The first line is whole only where the file begins, or behind a hole.
  return withoutNuls(from === 0 || text[0] === 0 ? text : text.subarray(text.indexOf('\n') + 1));
}

/** The line that begins at an offset, and where it ends. A longer line is cut where the trigger's is. */
function readLine(fd: number, offset: number): { text: Buffer; end: number } {
  const text = readAt(fd, offset, reportedLineBytes);
  const end = text.indexOf('\n');
  if (end >= 0) return { text: text.subarray(0, end + 1), end: offset + end + 1 };
  return { text: Buffer.concat([text, Buffer.from('\n')]), end: offset + text.length };
}

/** Reads what a file still holds there, into a new buffer: it may have been truncated meanwhile. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, fstatSync(fd).size - offset)));
  return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, offset));
}
