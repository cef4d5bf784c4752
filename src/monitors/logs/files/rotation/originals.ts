/**
 * Which of the followed files are copies of others. What a copy of a log (copytruncate, `cp app.log app.log.1`) repeats is
 * examined in the log, its original; what was cut off from the original before it was read is read in the copy.
 */
import { fstatSync } from 'node:fs';
import { descriptorPath } from '../../../../host/descriptors.ts';
import type { Certificate } from '../certificate.ts';
import { FollowedFile } from '../follow/followed-file.ts';
import type { Follower } from '../follow/follower.ts';
import type { OpenedFile } from '../follow/opened-file.ts';
import type { Position } from '../follow/position.ts';
import type { ReadLoop } from '../follow/read-loop.ts';
import { isCopyUpTo, repeats } from './compare.ts';
import type { Neighbour } from './neighbours.ts';
import { isRotationOf } from './rotated-names.ts';

const none: readonly Follower[] = [];

export class Originals {
  readonly #loop: ReadLoop;
  /** The logs that all of a file is a copy of so far. */
  readonly #originals = new Map<Follower, readonly Follower[]>();

  constructor(loop: ReadLoop) {
    this.#loop = loop;
  }

  /** Has the logs read that a file may be a copy of: one that was truncated goes on in its copy. */
  readLogsOf(copy: OpenedFile): void {
    for (const log of this.#logsOf(copy)) this.#loop.read(log);
  }

  /**
   * Looks for the originals of a file that stands at its beginning: the logs whose name it has as rotation changes it, and of
   * which it may be a copy. Then skips what it repeats. Returns as {@link skipRepeated}.
   */
  seek(copy: Follower, mayBe: (original: FollowedFile) => boolean = () => true): boolean {
    // Of two files only one can be the copy: else both would be passed over.
    const isOriginal = (log: Follower): boolean =>
      log.isReadable && !this.#originalsOf(log).includes(copy) && mayBe(log.file);
    const logs = this.#logsOf(copy.file);
    const originals = logs.filter(isOriginal);
    this.#originals.set(copy, originals);
    // A log that was truncated and renamed since no longer looks like an original; it, too, goes on in this copy.
    for (const log of logs) if (!originals.includes(log)) this.#loop.read(log);
    return this.skipRepeated(copy);
  }

  /** Skips what a copy repeats. Returns whether it is one still: what comes next is left to the next look. */
  skipRepeated(copy: Follower): boolean {
    // A log may have been truncated: then the rest of it is read in the copy.
    for (const original of this.#originalsOf(copy)) this.#loop.read(original);
    const originals = this.#originalsOf(copy);
    if (originals.length === 0) return false;
    const { file } = copy;
    const { size } = file;
    const repeated = originals.filter((original) => repeats(file, original.file, file.offset, size));
    // Those that were truncated between that reading and this comparison go on in the copy.
    for (const original of originals) if (!repeated.includes(original)) this.#loop.read(original);
    if (this.#originalsOf(copy) !== originals) return false;
    this.#originals.set(copy, repeated);
    if (repeated.length === 0) return false;
    // What was not read in an original yet may be cut off from it before it is.
    const isRead = repeated.some((original) => original.file.offset >= size);
    if (isRead && size > file.offset) file.skipToEnd(size);
    return true;
  }

  /** The followed copies of a log, by paths that hold also where their names are gone. */
  copiesOf(log: FollowedFile): Neighbour[] {
    return [...this.#originals]
      .filter(([, originals]) => originals.some(({ file }) => file === log))
      .map(([{ file }]) => ({ path: descriptorPath(file.fd), stat: fstatSync(file.fd, { bigint: true }) }));
  }

  /**
   * Goes on in a file that holds what a log held before it was truncated at `position`: a copy made for rotation. Beside
   * another copy, by which it `isRecovered`, it holds nothing new. Returns how many bytes it holds that were not read in the
   * log; undefined when it is no such copy. Throws what opening throws.
   */
  recover(path: string, position: Position, isRecovered: boolean, certificate: Certificate): number | undefined {
    const opened = new FollowedFile(path);
    const known = this.#loop.get(opened.key);
    known?.file.startOverIfRewritten();
    const isUnread = !known || this.#originalsOf(known).length > 0 || known.file.offset === 0;
    const isCopy = isUnread && isCopyUpTo(position, opened);
    if (known || !isCopy) opened.close();
    if (!isCopy) return undefined;
    const file = known?.file ?? opened;
    if (isRecovered) file.skipToEnd();
    else file.goOnAt(position);
    if (known) {
      this.#originals.delete(known);
      known.certificates.add(certificate);
      this.#loop.wake(known);
    } else {
      this.#loop.add(opened, certificate);
      // No watched path leads to it.
      this.#loop.release(opened);
    }
    return file.size - position.readTo;
  }

  /** A file is followed no more. */
  forget(follower: Follower): void {
    this.#originals.delete(follower);
    for (const [copy, originals] of this.#originals)
      if (originals.includes(follower))
        this.#originals.set(
          copy,
          originals.filter((each) => each !== follower),
        );
  }

  #originalsOf(copy: Follower): readonly Follower[] {
    return this.#originals.get(copy) ?? none;
  }

  /** The followed files that have, or had, a name that a copy has as rotation changes it. */
  #logsOf(copy: OpenedFile): Follower[] {
    const names = [...new Set([...copy.names, copy.place])];
    const isLog = ({ file }: Follower): boolean =>
      file.key !== copy.key && names.some((name) => file.names.some((log) => isRotationOf(name, log)));
    return this.#loop.all().filter(isLog);
  }
}
