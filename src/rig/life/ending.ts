/** What ends a rig, and the signals that say so. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import type { End, EndRequest } from './end.ts';

/** How long after a failure the rig may take to keep what it has collected. */
const failedMs = 30_000;

export class Ending {
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  readonly #discarded = new AbortController();
  /** Aborted when there is nothing left to watch for: after the last trigger, or when the rig ends. */
  readonly over = this.#over.signal;
  /** Aborted when somebody ends the rig, or it fails: its programs end, and what it has collected is kept. */
  readonly ended = this.#ended.signal;
  /** Aborted when what it is collecting is to be discarded. */
  readonly discarded = this.#discarded.signal;
  readonly #failed = new AbortController();
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

  /** Who or what ended the rig, if it did not end in order. */
  get by(): string | undefined {
    if (this.#end?.kind === 'failure') return 'an unexpected error of rig';
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

  /** The rig cannot go on. Whatever else ends it, the record has the first failure. */
  fail(error: unknown): void {
    if (this.#end?.kind === 'failure') return;
    this.#end = { kind: 'failure', error };
    this.#failed.abort();
    this.#ended.abort();
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
    if (this.#end?.kind === 'request' || this.#end?.kind === 'failure') return false;
    this.#end = { kind: 'request', request };
    this.#ended.abort();
    this.#over.abort();
    return true;
  }

  /** Never resolves; rejects when somebody ends the rig before it is armed, or it fails. */
  rejectOnEnd(): Promise<never> {
    const rejecting = (async () => {
      if (!this.ended.aborted) await once(this.ended, 'abort');
      throw this.#end?.kind === 'failure' ? this.#end.error : new RigError(`ended by ${this.by} before it was armed`);
    })();
    // Nobody may be waiting yet.
    rejecting.catch(() => {});
    return rejecting;
  }

  /** Never resolves; rejects some time after a failure: whatever has failed may be waited for in vain. */
  async giveUp(afterMs = failedMs): Promise<never> {
    if (!this.#failed.signal.aborted) await once(this.#failed.signal, 'abort');
    await delay(afterMs, undefined, { ref: false });
    throw new RigError(`it took longer than ${afterMs / 1000} s to end`);
  }
}
