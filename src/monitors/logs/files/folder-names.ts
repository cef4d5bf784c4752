/**
 * What happens to the names in a folder, told to all who wait for one in it by one watch. With a watch for each, inotify's word of
 * every write to one of thousands of logs would go to thousands, and be counted as often.
 */
import { type WakeUp, wakeOn } from '../../../host/wake-up.ts';

type OnName = (name: string | undefined) => void;

/** By path and identity of the folder: another one in its place has a watch of its own. */
const watched = new Map<string, { wakeUp: WakeUp; listeners: Set<OnName> }>();

/**
 * Calls `onName` when a name comes, goes or changes hands in a folder of that identity, or the folder itself does. Returns
 * undefined as {@link wakeOn} does.
 */
export function wakeOnNames(
  folder: string,
  identity: string,
  onName: OnName,
  onUnavailable: (reason: string) => void,
): WakeUp | undefined {
  const key = `${folder}\0${identity}`;
  const listeners = watched.get(key)?.listeners ?? new Set();
  if (!watched.has(key)) {
    const tell = (kind: 'change' | 'rename', name: Buffer | null): void => {
      if (kind !== 'rename') return;
      const text = name?.toString();
      for (const each of listeners) each(text);
    };
    const wakeUp = wakeOn(folder, tell, onUnavailable);
    if (!wakeUp) return undefined;
    watched.set(key, { wakeUp, listeners });
  }
  const listener: OnName = (name) => onName(name);
  listeners.add(listener);
  return {
    close: () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      watched.get(key)?.wakeUp.close();
      watched.delete(key);
    },
  };
}
