/**
 * Files that fit a pattern and are passed over when they come, because they have the name of a watched log after its rotation: the
 * log itself is followed to that name, and a copy of it holds nothing new. A log of its own may have such a name, too.
 */
import type { BigIntStats } from 'node:fs';
import { fstatSync, statSync } from 'node:fs';
import type { CopiedFiles } from './copied-files.ts';
import { FollowedFile, identityOf } from './followed-file.ts';
import { Remembered } from './remembered.ts';

export class PassedOver {
  readonly #copies: CopiedFiles;
  /** How those were last seen that held nothing else than the logs, by identity and birth: they may be let go of, and renamed. */
  readonly #explained = new Remembered<string>();

  constructor(copies: CopiedFiles) {
    this.#copies = copies;
  }

  /**
   * Whether the file that a path leads to may hold what nobody examines. `look` is called to have the logs looked at whose name it
   * has, before it is said. False when there is no such file.
   */
  mayHoldMore(path: string, look: () => void): boolean {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile()) return false;
    const file = `${identityOf(stat)} ${stat.birthtimeNs}`;
    const isExplained = this.#explained.get(file) === shapeOf(stat) || this.#isRepeating(path, look);
    this.#explained.delete(file);
    if (!isExplained) return true;
    this.#explained.set(file, shapeOf(stat));
    return false;
  }

  #isRepeating(path: string, look: () => void): boolean {
    const opened = new FollowedFile(path);
    try {
      const isExplained = (): boolean => fstatSync(opened.fd).size === 0 || this.#copies.isRepeating(opened);
      if (isExplained()) return true;
      look();
      // What was truncated since goes on in its copy, which is followed then.
      this.#copies.readOriginals(opened);
      return isExplained();
    } finally {
      opened.close();
    }
  }
}

/** Changes when a file is written to. */
const shapeOf = ({ size, mtimeNs }: BigIntStats): string => `${size} ${mtimeNs}`;
