/** The watch for one name in its folder, and what it leaves in doubt. */
import { basename, dirname } from 'node:path';
import { timesEventsMayBeLost, type WakeUp } from '../../../../host/wake-up.ts';
import { type Certificate, lostEventsDoubt, pollingDoubt } from '../certificate.ts';
import type { FolderWatches } from './folder-watches.ts';
import { keyOfFolder } from './links.ts';
import { type Explanation, type NameChange, NameEvents } from './name-events.ts';

const folderMovedDoubt = 'its folder was renamed or removed, and another may have been in its place for a time';
const betweenLooksDoubt = 'between two looks another file, or more than one, may have had the name';
const unwatchedDoubt = 'another file may have had the name before its folder was watched';
const linkDoubt = 'the link that leads to it was switched, or led to a new file';

export class NameWatch {
  readonly #path: string;
  readonly #folders: FolderWatches;
  readonly #certificate: Certificate;
  readonly #onEvent: () => void;
  readonly #onPolling: (reason: string) => void;
  readonly #events = new NameEvents();
  /** The folder that is watched; without `wakeUp` it is polled, for `reason`, or not there. */
  #folder: { key: string; wakeUp: WakeUp | undefined; reason: string | undefined } | undefined;
  #timesLost = timesEventsMayBeLost();

  /** `onEvent` is called when a name in the folder has changed, `onPolling` when inotify is not to be had. */
  constructor(
    path: string,
    folders: FolderWatches,
    certificate: Certificate,
    { onEvent, onPolling }: { onEvent(): void; onPolling(reason: string): void },
  ) {
    this.#path = path;
    this.#folders = folders;
    this.#certificate = certificate;
    this.#onEvent = onEvent;
    this.#onPolling = onPolling;
  }

  /** Watches the folder; again when it is another one now. */
  renew(): void {
    const folder = dirname(this.#path);
    const key = keyOfFolder(folder);
    if (this.#folder?.key === key) return;
    this.close();
    let reason: string | undefined;
    const onPolling = (why: string): void => {
      reason = why;
      this.#onPolling(why);
    };
    const wakeUp = key === '' ? undefined : this.#folders.add(folder, key, (name) => this.#onName(name), onPolling);
    this.#folder = { key, wakeUp, reason };
  }

  close(): void {
    this.#folder?.wakeUp?.close();
  }

  /** Whether a file may have had the name since the last look. */
  get mayHaveHadFile(): boolean {
    return this.#events.hasAny || this.#folder?.wakeUp === undefined;
  }

  /** A look begins. */
  noteLostEvents(): void {
    if (this.#timesLost !== timesEventsMayBeLost()) this.#certificate.doubt(lostEventsDoubt);
    this.#timesLost = timesEventsMayBeLost();
  }

  /** A look has found the file that was there before. */
  onSame(): void {
    if (!this.#events.onSame()) this.#certificate.doubt(betweenLooksDoubt);
  }

  /** The first look: what was announced before does not matter. */
  onFirst(): void {
    this.#events.onSame();
  }

  /** A look has found a change: notes why another file may have come and gone unseen. */
  onChange(change: NameChange, isLink: boolean): Explanation {
    if (!change.hadFile && !change.hasFile && !this.#events.hasAny) return 'explained';
    const explanation = this.#events.onChange(change);
    const isWatched = this.#folder?.wakeUp !== undefined && this.#folder.key === keyOfFolder(dirname(this.#path));
    if (this.#folder?.reason !== undefined) this.#certificate.doubt(pollingDoubt(this.#folder.reason));
    else if (!isWatched) this.#certificate.doubt(unwatchedDoubt);
    else if (isLink) this.#certificate.doubt(linkDoubt);
    else if (explanation !== 'explained') this.#certificate.doubt(betweenLooksDoubt);
    return explanation;
  }

  #onName(name: string | undefined): void {
    if (name === basename(this.#path)) this.#events.count();
    // libuv tells of the folder itself by the folder's own name.
    else if (name === basename(dirname(this.#path))) this.#certificate.doubt(folderMovedDoubt);
    this.#onEvent();
  }
}
