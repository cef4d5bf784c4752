/** What ends a rig, and the signals that say so. */
import { once } from 'node:events';
import { RigError } from '../../errors.ts';
import type { End, EndRequest } from './end.ts';

export class Ending {
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  readonly #discarded = new AbortController();
  /** Aborted when there is nothing left to watch for: after the last trigger, or when the rig ends. */
  readonly over = this.#over.signal;
  /** Aborted when somebody ends the rig: what it has collected is kept. */
  readonly ended = this.#ended.signal;
  /** Aborted when what it is collecting is to be discarded. */
  readonly discarded = this.#discarded.signal;
  #end: End | undefined;
  #hasDiscarded = false;

  /** Why the rig ends; undefined while it does not. */
  get end(): End | undefined {
    return this.#end;
  }

  /** Whether something was being collected when it was to be discarded. */
  get hasDiscarded(): boolean {
    return this.#hasDiscarded;
  }

  /** Who ended the rig, if it did not end by itself. */
  get by(): string | undefined {
    return this.#end?.kind === 'request' ? this.#end.request.by : undefined;
  }

  /** There is nothing left to watch for. */
  stopWatching(): void {
    this.#over.abort();
  }

  /** The rig ends by itself. The first reason counts. */
  stopFor(end: End): void {
    this.#end ??= end;
    this.#over.abort();
  }

  /**
   * Somebody ends the rig. The first request counts, but a later one may still discard. `isBusy`: something is being collected.
   * Returns whether this is the first request.
   */
  request(request: EndRequest, isBusy: boolean): boolean {
    if (!request.keep) {
      this.#hasDiscarded ||= isBusy;
      this.#discarded.abort();
    }
    if (this.#end?.kind === 'request') return false;
    this.#end = { kind: 'request', request };
    this.#ended.abort();
    this.#over.abort();
    return true;
  }

  /** Never resolves; rejects when somebody ends the rig. */
  async rejectOnRequest(): Promise<never> {
    if (!this.ended.aborted) await once(this.ended, 'abort');
    throw new RigError(`ended by ${this.by} before it was armed`);
  }
}
