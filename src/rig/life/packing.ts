/** The results of a rig: each is packed while the rig works on the next trigger. */
import { messageOf } from '../../errors.ts';
import { Results } from '../archive/results.ts';
import type { Collection } from '../collect/collection.ts';
import type { Collected } from '../collect/pack-result.ts';
import type { RigLog } from '../log/log.ts';
import type { RigSpec } from '../records/spec.ts';

/** How many results may be packed or wait for it before the next actions must wait. */
const mostPackings = 2;

/** How many results, and how many reasons for a failure, are in the record. */
const mostTold = 100;

export class Packing {
  readonly #results: Results;
  readonly #log: RigLog;
  readonly #onPacked: () => void;
  readonly #isRestarting: boolean;
  #last: Promise<void> = Promise.resolve();
  #count = 0;
  #hasFailed = false;
  #lastResult: string | null = null;
  readonly #reasons: string[] = [];

  /** `onPacked` is called after each result. */
  constructor({ output, restart }: RigSpec, log: RigLog, onPacked: () => void) {
    this.#results = new Results(output);
    this.#isRestarting = restart.times !== 0;
    this.#log = log;
    this.#onPacked = onPacked;
  }

  /** Whether something is being packed, or waits for it. */
  get isBusy(): boolean {
    return this.#count > 0;
  }

  /** Whether the next actions must wait: archives must not pile up. */
  get isFull(): boolean {
    return this.#count >= mostPackings;
  }

  get lastResult(): string | null {
    return this.#lastResult;
  }

  /** The newest hundred of the results that are kept. */
  get results(): string[] {
    return this.#results.paths().slice(-mostTold);
  }

  /** What went wrong, and whether anything did. */
  get failures(): { hasFailed: boolean; reasons: string[] } {
    return { hasFailed: this.#hasFailed, reasons: [...this.#reasons] };
  }

  /** Packs a collection after those before it, unless it is `discarded`. `beside` is awaited, too. */
  add(collection: Collection, discarded: AbortSignal, beside: Promise<void>): void {
    this.#count++;
    const packing = this.#last.then(() => (discarded.aborted ? undefined : this.#pack(collection, discarded)));
    this.#last = Promise.all([packing.finally(() => this.#count--), beside]).then(() => {});
  }

  async whenDone(): Promise<void> {
    await this.#last;
  }

  /** Remembers the result of a trigger. */
  note({ result, reasons }: Collected): void {
    this.#lastResult = result ?? this.#lastResult;
    if (reasons.length > 0) this.#hasFailed = true;
    this.#reasons.push(...reasons);
    this.#reasons.splice(0, this.#reasons.length - mostTold);
  }

  async #pack(collection: Collection, discarded: AbortSignal): Promise<void> {
    const collected = await collection.pack();
    const { result } = collected;
    if (discarded.aborted && result === null) return;
    this.note(collected);
    if (result === null) return;
    const removed = await this.#results.add(result).catch((error) => {
      this.#log.error(`old results cannot be removed: ${messageOf(error)}`);
      return [];
    });
    this.#onPacked();
    for (const path of removed) this.#log.info(`${path} is removed: newer ones are kept`);
    if (this.#isRestarting) this.#log.info(`trigger ${collection.number}: ${result}`);
  }
}
