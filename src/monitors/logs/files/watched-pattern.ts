/** A pattern that the user named (`/var/log/app/*.log`), and the files that fit it at the moment. */
import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isCompressedName, isRotatedName } from './neighbours.ts';
import type { WakeUp } from './wake-up.ts';
import { wakeOn } from './wake-up.ts';

const special = /[*?[{]/;

/** Whether a name is a pattern. */
export const isPattern = (name: string): boolean => special.test(name);

/** The folder before the first part of a pattern that is one. */
export function fixedFolder(pattern: string): string {
  let folder = dirname(pattern);
  while (special.test(folder)) folder = dirname(folder);
  return folder;
}

export class WatchedPattern {
  readonly pattern: string;
  readonly #refused: string[];
  #wakeUp: WakeUp | undefined;

  /** `refused` are paths that are not watched though they fit. */
  constructor(pattern: string, refused: string[]) {
    this.pattern = pattern;
    this.#refused = refused;
  }

  /** Calls back when a name may have come. */
  start(onChange: () => void): void {
    const onEvent = (kind: 'change' | 'rename'): void => {
      if (kind === 'rename') onChange();
    };
    this.#wakeUp = wakeOn(fixedFolder(this.pattern), onEvent, () => 'each file that is found says so itself');
  }

  stop(): void {
    this.#wakeUp?.close();
  }

  /** The files that fit. Compressed ones hold nothing that could be searched. */
  find(): string[] {
    return globSync(this.pattern).filter((path) => !isCompressedName(path) && !this.#refused.includes(path));
  }
}

/** Whether a file that has come is one of the watched ones after its rotation: `app.log.1` beside `app.log`. */
export function isRotationOfAny(path: string, watched: Iterable<string>): boolean {
  for (const other of watched) {
    const isBeside = dirname(other) === dirname(path) && basename(path).startsWith(basename(other));
    if (isBeside && isRotatedName(basename(path), basename(other))) return true;
  }
  return false;
}
