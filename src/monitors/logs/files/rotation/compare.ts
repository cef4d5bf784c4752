/**
 * Telling a copy of a log from a new log, by bytes and times. `sed -i`, editors and configuration tools write a whole new file
 * and rename it over the old one: nothing in it is new up to where the old one was examined. A log that was rotated or deleted
 * and begun again is new from its first byte, even where its lines, without times, are the same as before.
 */
import { fstatSync, readSync } from 'node:fs';
import type { FollowedFile } from '../follow/followed-file.ts';
import type { OpenedFile } from '../follow/opened-file.ts';
import type { Position } from '../follow/position.ts';
import { isRotationOf } from './rotated-names.ts';

const blockBytes = 64 * 1024;
/** Of a larger file only this much is compared, at its beginning and before the position. */
const comparedBytes = 8 * 1024 * 1024;
/** This many equal bytes are no coincidence, not even where the lines have no times. */
const surelyCopiedBytes = 4096;
/** Shared by all, since each comparison ends before the next begins. */
const [left, right] = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];

/** Whether a file holds, in the same places, what is known of the bytes before a position of another file. */
export function isCopyUpTo({ readTo, fingerprint }: Position, file: OpenedFile): boolean {
  return !fingerprint.isEmpty && file.size >= readTo && fingerprint.isIn(file.fd);
}

/**
 * Whether `next` was renamed over `previous` and holds all of what was examined of it. That it was renamed, and not created in
 * its place, shows in the times: it was born before the other lost its last name. Within one tick of the kernel's clock that
 * cannot be told, and only a longer text is taken for a copy.
 */
export function hasTakenOver(next: OpenedFile, previous: FollowedFile): boolean {
  const [before, after] = [fstatSync(previous.fd, { bigint: true }), fstatSync(next.fd, { bigint: true })];
  if (before.nlink > 0n || after.birthtimeNs > before.ctimeNs) return false;
  if (after.birthtimeNs === before.ctimeNs && previous.offset < surelyCopiedBytes) return false;
  return previous.isContinuedIn(next) && haveSameBytes(next.fd, previous.fd, previous.offset);
}

/**
 * Whether a file is likely the one that was followed, or a copy of it, where that one cannot be looked at any more: its file
 * system has gone and was mounted anew, or shows another file in its place.
 */
export function isLikelyTheSame(next: OpenedFile, previous: FollowedFile): boolean {
  const isLikely = next.inode === previous.inode || previous.offset >= surelyCopiedBytes;
  return isLikely && previous.isContinuedIn(next);
}

/**
 * Whether a new file with the rotated name of a log may be a copy of it (`cp app.log app.log.1`), and not a log that has been
 * renamed: whatever had the name before the log that has it now is older than that. Once the log has lost the name itself, a
 * rename shows in the times, unless it was in the same tick of the kernel's clock as the last write.
 */
export function mayBeCopyOf(copy: OpenedFile, original: OpenedFile): boolean {
  const log = fstatSync(original.fd, { bigint: true });
  const { size, ctimeNs, mtimeNs, birthtimeNs } = fstatSync(copy.fd, { bigint: true });
  const isBesideLog = log.nlink > 0n && copy.names.some((name) => isRotationOf(name, original.place));
  return (isBesideLog && birthtimeNs > log.birthtimeNs) || ctimeNs === mtimeNs || size >= surelyCopiedBytes;
}

/** Whether a file holds, between two offsets, nothing but what its original holds there. */
export function repeats(copy: OpenedFile, original: OpenedFile, from: number, to: number): boolean {
  return to >= from && to <= original.size && haveSameBytes(copy.fd, original.fd, to, from);
}

/** Whether two files hold the same bytes up to `length`. */
function haveSameBytes(one: number, other: number, length: number, from = 0): boolean {
  for (let at = from; at < length; at += blockBytes) {
    if (at > comparedBytes && length - at > comparedBytes) at = length - comparedBytes;
    const wanted = Math.min(blockBytes, length - at);
    const found = [readSync(one, left, 0, wanted, at), readSync(other, right, 0, wanted, at)];
    if (found[0] !== wanted || found[1] !== wanted || left.compare(right, 0, wanted, 0, wanted) !== 0) return false;
  }
  return true;
}
