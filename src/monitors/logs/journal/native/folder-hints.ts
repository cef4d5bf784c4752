/** Hints from inotify(7) on the journal's folders: it reports at once when files come, go or are renamed. */
import { type WakeUp, wakeOn } from '../../../../host/wake-up.ts';

export class FolderHints {
  readonly #onHint: (kind: 'change' | 'rename') => void;
  readonly #debug: (text: string) => void;
  readonly #wakeUps = new Map<string, WakeUp>();
  /** The folders that inotify cannot be had for. */
  readonly #deaf = new Set<string>();

  constructor(onHint: (kind: 'change' | 'rename') => void, debug: (text: string) => void) {
    this.#onHint = onHint;
    this.#debug = debug;
  }

  /** Whether changes in a folder would go unnoticed. */
  get isDeaf(): boolean {
    return this.#deaf.size > 0;
  }

  /** Watches these folders and no others. */
  watch(folders: readonly string[]): void {
    const wanted = new Set(folders);
    for (const folder of new Set([...this.#wakeUps.keys(), ...this.#deaf])) if (!wanted.has(folder)) this.#drop(folder);
    for (const folder of wanted) if (!this.#wakeUps.has(folder)) this.#add(folder);
  }

  close(): void {
    for (const folder of [...this.#wakeUps.keys()]) this.#drop(folder);
  }

  #add(folder: string): void {
    const wakeUp = wakeOn(folder, this.#onHint, (reason) => {
      if (!this.#deaf.has(folder)) this.#debug(`journal: ${folder} is looked at once a second: ${reason}`);
      this.#deaf.add(folder);
    });
    if (!wakeUp) return;
    this.#wakeUps.set(folder, wakeUp);
    this.#deaf.delete(folder);
  }

  #drop(folder: string): void {
    this.#wakeUps.get(folder)?.close();
    this.#wakeUps.delete(folder);
    this.#deaf.delete(folder);
  }
}
