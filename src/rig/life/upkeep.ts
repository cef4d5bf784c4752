/** What a rig looks after while it waits. */
import { messageOf } from '../../errors.ts';
import { EventLoopWatch } from '../../host/event-loop.ts';
import { every } from '../../host/every.ts';
import type { RigLog } from '../log/log.ts';
import { shrinkHeap } from './heap.ts';

/** How often it looks: what holds the event loop up for 4 s is told. */
const everyMs = 2000;

/** What it does with the place of the rig under /run/rig. */
export interface Place {
  isThere(): boolean;
  /** Makes it again. Rejects when it cannot be made. */
  restore(): Promise<void>;
}

export class Upkeep {
  readonly #place: Place;
  readonly #log: RigLog;
  readonly #loop: EventLoopWatch;
  readonly #end: () => void;
  #restoring: Promise<void> | undefined;
  #toldOf: string | undefined;

  /** Begins at once. */
  constructor(place: Place, log: RigLog) {
    this.#place = place;
    this.#log = log;
    this.#loop = new EventLoopWatch(everyMs, (text) => log.error(text));
    this.#end = every(everyMs, () => this.#look());
  }

  /** Resolves when nothing is being restored any more. */
  async stop(): Promise<void> {
    this.#end();
    await this.#restoring;
  }

  #look(): void {
    this.#loop.look();
    shrinkHeap();
    if (this.#restoring || this.#place.isThere()) return;
    this.#restoring = this.#restore().finally(() => {
      this.#restoring = undefined;
    });
  }

  async #restore(): Promise<void> {
    try {
      await this.#place.restore();
      this.#toldOf = undefined;
      this.#log.warn('its state under /run/rig was removed, and is there again');
    } catch (error) {
      // Somebody else has the name now, or the file system is full: it is tried again, and told once.
      const why = messageOf(error);
      if (why !== this.#toldOf)
        this.#log.error(
          `its state under /run/rig was removed; until it can be made again only signals reach it: ${why}`,
        );
      this.#toldOf = why;
    }
  }
}
