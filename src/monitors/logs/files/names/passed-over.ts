/**
 * Files that fit a pattern and are passed over when they come, because they have the name of a watched log after its rotation:
 * the log itself is followed to that name, and a copy of it holds nothing new. A log of its own may have such a name, too.
 */
import { type BigIntStats, statSync } from 'node:fs';
import { identityOf } from '../../../../host/folders.ts';
import { OpenedFile } from '../follow/opened-file.ts';
import type { Originals } from '../rotation/originals.ts';

/** Far more than the rotated files of one log. Beyond that, all are forgotten, and looked at again. */
const mostExplained = 10_000;

export class PassedOver {
  readonly #originals: Originals;
  /** The shape of files, by identity, when they held nothing else than the logs: they may be let go of, and renamed. */
  readonly #explained = new Map<string, string>();

  constructor(originals: Originals) {
    this.#originals = originals;
  }

  /**
   * Whether the file that a path leads to may hold what nobody examines. Calls `look` to have the logs looked at whose name it
   * has, before it says so. False when there is no such file. Throws what opening throws.
   */
  mayHoldMore(path: string, look: () => void): boolean {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile()) return false;
    const identity = identityOf(stat);
    const isExplained = this.#explained.get(identity) === shapeOf(stat) || this.#isExplained(path, look);
    if (this.#explained.size >= mostExplained) this.#explained.clear();
    if (isExplained) this.#explained.set(identity, shapeOf(stat));
    else this.#explained.delete(identity);
    return !isExplained;
  }

  #isExplained(path: string, look: () => void): boolean {
    const opened = new OpenedFile(path);
    try {
      const isExplained = (): boolean => opened.size === 0 || this.#originals.isExplained(opened);
      if (isExplained()) return true;
      look();
      // A log that was truncated since goes on in its copy, which is followed then.
      this.#originals.readLogsOf(opened);
      return isExplained();
    } finally {
      opened.close();
    }
  }
}

/** Changes when a file is written to. */
const shapeOf = ({ size, mtimeNs }: BigIntStats): string => `${size} ${mtimeNs}`;
