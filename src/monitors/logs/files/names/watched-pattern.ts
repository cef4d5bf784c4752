/** A pattern that the user named (`/var/log/app/*.log`), and the files that fit it at the moment. */
import { globSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { timesEventsMayBeLost, type WakeUp, wakeOn } from '../../../../host/wake-up.ts';
import { logRoot } from '../../../../rig/records/paths.ts';
import { Certificate, lostEventsDoubt, pollingDoubt } from '../certificate.ts';
import { isCompressedName } from '../rotation/rotated-names.ts';
import { keyOfFolder } from './links.ts';

/** Never watched: rig would see its own lines. */
export const ownLog = join(logRoot, 'rig.log');

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
  /** For what is in no certificate of a file that fits: what may have fitted unseen, and files whose names have gone. */
  readonly certificate = new Certificate();
  /** When files that fit were last looked for, in milliseconds since the epoch. */
  lookedMs = Date.now();
  /** The folder before the first part that is a pattern. */
  readonly #folder: string;
  #onChange: (() => void) | undefined;
  #wakeUp: WakeUp | undefined;
  /** The key of the folder that is watched. */
  #watched: string | undefined;
  #timesLost = timesEventsMayBeLost();
  /** Names that have come or gone, or changed hands, since the last look. */
  readonly #announced = new Set<string>();

  constructor(pattern: string) {
    this.pattern = pattern;
    this.#folder = fixedFolder(pattern);
    if (dirname(pattern) !== this.#folder) this.certificate.doubt(deepDoubt);
  }

  /** Calls back when a name may have come. */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#watchFolder();
  }

  stop(): void {
    this.#wakeUp?.close();
  }

  /** The files that fit, without compressed ones, which cannot be searched. `isKnown` tells those that are watched already. */
  find(isKnown: (path: string) => boolean = () => false): string[] {
    this.lookedMs = Date.now();
    this.#watchFolder();
    if (this.#timesLost !== timesEventsMayBeLost()) this.certificate.doubt(lostEventsDoubt);
    this.#timesLost = timesEventsMayBeLost();
    const isWanted = (path: string): boolean => !isCompressedName(path) && path !== ownLog;
    const found = globSync(this.pattern).filter(isWanted);
    // Node has such names as text, which is not the name.
    if (found.some((path) => path.includes(notUtf8))) this.certificate.doubt(notUtf8Doubt);
    const announced = [...this.#announced].map((name) => join(this.#folder, name));
    this.#announced.clear();
    const isMissed = (path: string): boolean =>
      matchesGlob(path, this.pattern) && isWanted(path) && !isKnown(path) && !found.includes(path);
    if (announced.some(isMissed)) this.certificate.doubt(missedDoubt);
    return found;
  }

  /** Watches the folder; again when it is another one now. */
  #watchFolder(): void {
    const onChange = this.#onChange;
    if (!onChange) return;
    const key = keyOfFolder(this.#folder);
    if (key === this.#watched) return;
    if (this.#watched !== undefined) this.certificate.doubt(folderDoubt);
    this.#watched = key;
    this.#wakeUp?.close();
    const onEvent = (kind: 'change' | 'rename', name: Buffer | null): void => {
      if (kind !== 'rename') return;
      if (name) this.#announced.add(name.toString());
      onChange();
    };
    // The user hears of it from each file that is found.
    this.#wakeUp = wakeOn(this.#folder, onEvent, (reason) => this.certificate.doubt(pollingDoubt(reason)));
  }
}
