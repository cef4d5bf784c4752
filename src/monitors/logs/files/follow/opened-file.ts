/** A log file that is open for reading. The file is the inode: which name leads to it now does not matter here. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { RigError } from '../../../../errors.ts';
import { descriptorPath, placeOfDescriptor } from '../../../../host/descriptors.ts';
import { pseudoFileSystem } from '../../../../host/file-systems.ts';
import { isOneOfTheLast } from '../../../../host/limits.ts';

/** Not blocking: opening a fifo that took the file's place would wait for its writer. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Identifies an inode while it is open: until it is closed, the kernel gives its number to no other file. The birth time is
 * left out, since for kernels before 4.11 Node gives the time of the last change instead.
 */
export const inodeKey = ({ dev, ino }: { dev: bigint; ino: bigint }): string => `${dev}:${ino}`;

export class OpenedFile {
  readonly fd: number;
  /** The path that it was opened by. */
  readonly path: string;
  /** That path, where it led, and names that it is known to have had. */
  readonly names: string[];
  /** As {@link inodeKey}. */
  readonly key: string;
  readonly inode: string;
  readonly device: string;
  /** When it was born: ISO 8601; null where the file system does not say. */
  readonly born: string | null;

  /** Opens a regular file. Throws the system's error, or a RigError for a file to which nothing can be appended. */
  constructor(path: string, hadNames: string[] = []) {
    this.fd = openSync(path, openFlags);
    const stat = fstatSync(this.fd, { bigint: true });
    const reason = reasonAgainstFollowing(this.fd, stat);
    if (reason !== undefined) {
      closeSync(this.fd);
      throw new RigError(`${path}: ${reason}`);
    }
    this.path = path;
    this.names = [...new Set([path, this.place, ...hadNames])];
    this.key = inodeKey(stat);
    this.inode = String(stat.ino);
    this.device = String(stat.dev);
    this.born = stat.birthtimeNs > 0n ? stat.birthtime.toISOString() : null;
  }

  /** Where it is now, or was when it was deleted. */
  get place(): string {
    return placeOfDescriptor(this.fd)?.path ?? this.path;
  }

  /** Whether it has lost some names and got another one, which may be gone now as well. */
  wasRenamed(names: string[]): boolean {
    const place = placeOfDescriptor(this.fd);
    return place !== undefined && (!place.isDeleted || !names.includes(place.path));
  }

  /** Its size in bytes now. */
  get size(): number {
    return fstatSync(this.fd).size;
  }

  /**
   * The key of the file that the descriptor shows now: FUSE may show the file that has the name, an overlay the copy that it
   * made for the first write. Throws where the file system is gone.
   */
  get shownKey(): string {
    return inodeKey(fstatSync(this.fd, { bigint: true }));
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A link may lead to where nothing is ever appended. */
function reasonAgainstFollowing(fd: number, stat: BigIntStats): string | undefined {
  if (!stat.isFile()) return 'not a regular file';
  if (isOneOfTheLast(fd)) return 'too many files are open (ulimit -n)';
  const pseudo = pseudoFileSystem(descriptorPath(fd));
  return pseudo === undefined ? undefined : `leads to ${pseudo}, whose files can be watched by their own names only`;
}
