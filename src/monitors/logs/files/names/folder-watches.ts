/**
 * What happens to the names in folders, told to all who wait for a name by one watch for each folder. With a watch for each of
 * thousands of logs, inotify would tell every write to one of them thousands of times.
 */
import { type WakeUp, wakeOn } from '../../../../host/wake-up.ts';

/** Takes the name that has come, gone or changed hands, in the folder or of the folder itself. */
type OnName = (name: string | undefined) => void;

export class FolderWatches {
  /** By path and key of the folder: another folder in its place has a watch of its own. */
  readonly #watched = new Map<string, { wakeUp: WakeUp; listeners: Set<OnName> }>();

  /** Calls `onName` for each event in a folder with that key. Returns undefined as {@link wakeOn} does. */
  add(folder: string, folderKey: string, onName: OnName, onUnavailable: (reason: string) => void): WakeUp | undefined {
    const key = `${folder}\0${folderKey}`;
    const watched = this.#watched.get(key) ?? this.#watch(key, folder, onUnavailable);
    if (!watched) return undefined;
    const { wakeUp, listeners } = watched;
    listeners.add(onName);
    return {
      close: () => {
        if (!listeners.delete(onName) || listeners.size > 0) return;
        wakeUp.close();
        this.#watched.delete(key);
      },
    };
  }

  #watch(key: string, folder: string, onUnavailable: (reason: string) => void) {
    const listeners = new Set<OnName>();
    const tell = (kind: 'change' | 'rename', name: Buffer | null): void => {
      if (kind !== 'rename') return;
      const text = name?.toString();
      for (const each of listeners) each(text);
    };
    const wakeUp = wakeOn(folder, tell, onUnavailable);
    if (!wakeUp) return undefined;
    const watched = { wakeUp, listeners };
    this.#watched.set(key, watched);
    return watched;
  }
}
