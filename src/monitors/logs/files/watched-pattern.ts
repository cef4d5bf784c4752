/** A pattern that the user named (`/var/log/app/*.log`), and the files that fit it at the moment. */
import { globSync } from 'node:fs';
import { basename, dirname, join, matchesGlob } from 'node:path';
import type { WakeUp } from '../../../host/wake-up.ts';
import { timesEventsMayBeLost, wakeOn } from '../../../host/wake-up.ts';
import { FileRecord, pollingDoubt } from './file-record.ts';
import { isCompressedName, isRotatedName } from './neighbours.ts';
import { identityOfFolder, lostEventsDoubt } from './watched-path.ts';

const special = /[*?[{]/;

/** Whether a name is a pattern. */
export const isPattern = (name: string): boolean => special.test(name);

/** The folder before the first part of a pattern that is one. */
export function fixedFolder(pattern: string): string {
  let folder = dirname(pattern);
  while (special.test(folder)) folder = dirname(folder);
  return folder;
}

const deepDoubt =
  'folders that fit are only looked at now and then: a file in one that came and went in between is not seen';
const notUtf8 = '\u{FFFD}';
const notUtf8Doubt = 'a file that fits has a name that is not UTF-8, and is not watched';
const missedDoubt = 'a file that fits came and went before it was looked at';
const folderDoubt = 'its folder was gone for a time, or another one';

export class WatchedPattern {
  readonly pattern: string;
  /** The certificate of what is not in those of the files that fit: what may have fitted unseen, and files of former times. */
  readonly record = new FileRecord();
  readonly #refused: string[];
  readonly #folder: string;
  #onChange: (() => void) | undefined;
  #wakeUp: WakeUp | undefined;
  #watched: string | undefined;
  #timesLost = timesEventsMayBeLost();
  /** Names that inotify told of since the last look. */
  readonly #announced = new Set<string>();

  /** `refused` are paths that are not watched though they fit. */
  constructor(pattern: string, refused: string[]) {
    this.pattern = pattern;
    this.#refused = refused;
    this.#folder = fixedFolder(pattern);
    if (dirname(pattern) !== this.#folder) this.record.doubt(deepDoubt);
  }

  /** Calls back when a name may have come. */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#watchFolder();
  }

  stop(): void {
    this.#wakeUp?.close();
  }

  /** The files that fit. Compressed ones hold nothing that could be searched. `isKnown` tells those that are watched already. */
  find(isKnown: (path: string) => boolean = () => false): string[] {
    this.#watchFolder();
    if (this.#timesLost !== timesEventsMayBeLost()) this.record.doubt(lostEventsDoubt);
    this.#timesLost = timesEventsMayBeLost();
    const isWanted = (path: string): boolean => !isCompressedName(path) && !this.#refused.includes(path);
    const found = globSync(this.pattern).filter(isWanted);
    // Node has such names as text, which is not the name.
    if (found.some((path) => path.includes(notUtf8))) this.record.doubt(notUtf8Doubt);
    const announced = [...this.#announced].map((name) => join(this.#folder, name));
    this.#announced.clear();
    const isMissed = (path: string): boolean =>
      matchesGlob(path, this.pattern) && isWanted(path) && !isKnown(path) && !found.includes(path);
    if (announced.some(isMissed)) this.record.doubt(missedDoubt);
    return found;
  }

  /** Watches the folder; again when it is another one by now. */
  #watchFolder(): void {
    const onChange = this.#onChange;
    if (!onChange) return;
    const identity = identityOfFolder(this.#folder);
    if (identity === this.#watched) return;
    if (this.#watched !== undefined) this.record.doubt(folderDoubt);
    this.#watched = identity;
    this.#wakeUp?.close();
    const onEvent = (kind: 'change' | 'rename', name: Buffer | null): void => {
      if (kind !== 'rename') return;
      if (name) this.#announced.add(name.toString());
      onChange();
    };
    // Each file that is found says so itself to the user.
    this.#wakeUp = wakeOn(this.#folder, onEvent, (reason) => this.record.doubt(pollingDoubt(reason)));
  }
}

/** The watched log that a file which has come is after its rotation, by its name: `app.log` for `app.log.1` beside it. */
export function findRotated<T extends { path: string }>(path: string, watched: T[]): T | undefined {
  return watched.find(({ path: log }) => {
    // Asked of each pair of thousands of files: nearly all begin otherwise.
    const isBeside = path.startsWith(log) && dirname(log) === dirname(path);
    return isBeside && isRotatedName(basename(path), basename(log));
  });
}
