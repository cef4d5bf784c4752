/** Hints from inotify(7) on the journal's folders: it reports at once when files come, go or are renamed. */
import { type WakeUp, wakeOn } from '../../../../host/wake-up.ts';

export class FolderHints {
  readonly #onHint: (kind: 'change' | 'rename') => void;
  #wakeUps = new Map<string, WakeUp | undefined>();

  constructor(onHint: (kind: 'change' | 'rename') => void) {
    this.#onHint = onHint;
  }

  /** Watches these folders and no others. */
  watch(folders: readonly string[]): void {
    for (const [folder, wakeUp] of this.#wakeUps) if (!folders.includes(folder)) wakeUp?.close();
    // Without inotify there are no hints: the files are looked at once a second anyway.
    this.#wakeUps = new Map(
      folders.map((folder) => [folder, this.#wakeUps.get(folder) ?? wakeOn(folder, this.#onHint, () => {})]),
    );
  }

  close(): void {
    this.watch([]);
  }
}
