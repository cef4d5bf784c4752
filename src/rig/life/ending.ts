/** What ends a rig, and who is told of it by which signal. */
import { once } from 'node:events';
import { RigError } from '../../errors.ts';
import type { End, EndRequest } from './end.ts';

export class Ending {
  #end: End | undefined;
  readonly #over = new AbortController();
  readonly #ending = new AbortController();
  readonly #discarding = new AbortController();

  /** Why the rig ends; undefined while it does not. */
  get end(): End | undefined {
    return this.#end;
  }

  /** Who ended the rig from outside. */
  get by(): string | undefined {
    return this.#end?.kind === 'request' ? this.#end.request.by : undefined;
  }

  /** Aborted when nothing more need be watched: the last trigger has come, or the rig ends. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Aborted when the rig is ended from outside: what was collected so far is kept. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborted when what was collected is discarded. */
  get discarding(): AbortSignal {
    return this.#discarding.signal;
  }

  /** Nothing more need be watched. */
  stopWatching(): void {
    this.#over.abort();
  }

  /** The rig ends by itself: the first reason counts. */
  stopFor(end: End): void {
    this.#end ??= end;
    this.#over.abort();
  }

  /**
   * The rig is ended from outside. The first request decides, but what a later one discards is discarded. Returns whether this
   * is the first one.
   */
  request(request: EndRequest): boolean {
    if (!request.keep) this.#discarding.abort();
    if (this.#end?.kind === 'request') return false;
    this.#end = { kind: 'request', request };
    this.#ending.abort();
    this.#over.abort();
    return true;
  }

  /** Never resolves; rejects when the rig is ended from outside. */
  async rejectOnRequest(): Promise<never> {
    if (!this.ending.aborted) await once(this.ending, 'abort');
    throw new RigError(`ended by ${this.by} before it was armed`);
  }
}
