/** What a rig collects for one trigger: the actions run, and the context around the trigger is kept. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Clock } from '../../host/clock.ts';
import type { ProcessIdentity } from '../../host/processes/stat.ts';
import { withIdleWorkers } from '../../host/thread-priority.ts';
import type { SourceStatus, Trigger } from '../../plugin.ts';
import type { RigLog } from '../log/log.ts';
import type { Gap } from '../records/gaps.ts';
import type { ActionReport } from '../records/reports.ts';
import type { RigSpec } from '../records/spec.ts';
import { type ReadyAction, runActions } from './actions.ts';
import { DiskGuard } from './disk-guard.ts';
import { type Collected, packResult } from './pack-result.ts';
import { collectionFolder, makeCollectionFolder } from './work-folder.ts';

/** How long after the trigger the context is read: it stays where it is, and the first action comes first. */
const actionFirstMs = 20;

/** How long reading the context may take: on a sick disk it may hang, and the rest is worth more. */
const contextMs = 10_000;

/** How long where the rig is ended: whoever ends it waits. */
const endedContextMs = 1000;

/** What a collection needs of its rig. */
export interface CollectionContext {
  spec: RigSpec;
  log: RigLog;
  armed: {
    clock: Clock;
    ready: ReadyAction[];
    gaps: Gap[];
    status(): SourceStatus[];
    watches: {
      /** Writes what came before the trigger; resolves to what adds that which came since. */
      saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>>;
      processes(): ProcessIdentity[];
    };
  };
  ending: {
    /** Aborted when the rig is ended: what was collected so far is kept. */
    ending: AbortSignal;
    /** Aborted when what was collected is discarded. */
    discarding: AbortSignal;
    /** Who ended the rig. */
    by: string | undefined;
  };
}

export class Collection {
  /** Counted from 1. */
  readonly number: number;
  readonly #trigger: Trigger;
  readonly #at: Date;
  readonly #context: CollectionContext;
  readonly #folder: string;
  readonly #guard: DiskGuard;
  #reports: ActionReport[] = [];
  /** Why nothing is collected at all. */
  #refusal: string | undefined;
  /** Who ended the rig before the last action was done. */
  #cutBy: string | undefined;

  constructor({ trigger, at, number }: { trigger: Trigger; at: Date; number: number }, context: CollectionContext) {
    this.number = number;
    this.#trigger = trigger;
    this.#at = at;
    this.#context = context;
    this.#folder = collectionFolder(context.spec, number);
    const { folder, minFree } = context.spec.output;
    this.#guard = new DiskGuard(folder, minFree);
  }

  /** Runs the actions and keeps the context of the trigger. */
  async run(): Promise<void> {
    const { spec, log, armed, ending } = this.#context;
    const { clock, ready, watches } = armed;
    const ended = ending.ending;
    this.#refusal = await this.#makeFolder();
    if (this.#refusal !== undefined) return;
    const saving = this.#keepContext(async () => {
      await delay(actionFirstMs);
      return await this.#saveContext();
    });
    if (spec.delayMs > 0) await delay(spec.delayMs, undefined, { signal: ended }).catch(() => 'ended meanwhile');
    const run = {
      spec,
      trigger: this.#trigger,
      root: this.#folder,
      clock,
      ended,
      guard: this.#guard,
      log,
      monitorProcesses: () => watches.processes(),
    };
    this.#reports = await runActions(ready, run);
    await this.#waitForContext(saving.then((complete) => this.#keepContext(complete)));
    this.#cutBy = ending.by;
  }

  /** Makes the folder; gives why it is not made, if so. */
  async #makeFolder(): Promise<string | undefined> {
    const { spec, log } = this.#context;
    const { folder, minFree } = spec.output;
    // Only the first trigger collects on a full disk; later ones only log it, or they would fill the disk too.
    const full = this.number > 1 ? await new DiskGuard(folder, minFree).refusal() : undefined;
    const made = full ?? (await makeCollectionFolder(spec, this.number, log.warn).then(() => undefined, messageOf));
    if (made === undefined) return undefined;
    const refusal = `trigger ${this.number}: nothing is collected: ${made}`;
    log.error(refusal);
    return refusal;
  }

  /** Makes the result of what was collected. Whatever goes wrong is in the reasons, and what there is is kept. */
  async pack(): Promise<Collected> {
    if (this.#refusal !== undefined) return { result: null, reasons: [this.#refusal] };
    const { spec, log, armed, ending } = this.#context;
    const packing = {
      spec,
      number: this.number,
      trigger: this.#trigger,
      at: this.#at,
      folder: this.#folder,
      reports: this.#reports,
      sources: armed.status(),
      gaps: armed.gaps,
      cutBy: this.#cutBy,
    };
    const pack = () => packResult(packing, this.#guard, log, ending.discarding);
    return await (spec.nice ? withIdleWorkers(pack) : pack());
  }

  /** Keeps what came before the trigger. It runs beside the actions, which must not wait for it. */
  async #saveContext(): Promise<() => Promise<void>> {
    const folder = join(this.#folder, 'context');
    await mkdir(folder, { mode: 0o700 });
    return await this.#context.armed.watches.saveContext(folder, this.#trigger);
  }

  /** The context is worth less than what the actions collect: a failure to keep it is logged and no more. */
  async #keepContext<T>(keep: (() => Promise<T>) | undefined): Promise<T | undefined> {
    try {
      return await keep?.();
    } catch (error) {
      this.#context.log.error(`the lines around the trigger cannot be kept: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Waits for the context, but not for ever, and not at all where it is discarded. */
  async #waitForContext(saving: Promise<unknown>): Promise<void> {
    const { log, ending } = this.#context;
    const [ended, discarded] = [ending.ending, ending.discarding];
    const over = new AbortController();
    const pause = (ms: number, signals: AbortSignal[]) =>
      delay(ms, undefined, { signal: AbortSignal.any([over.signal, ...signals]) }).catch(() => 'over, or ended');
    const late = async () => {
      await pause(contextMs, [ended]);
      if (ended.aborted) await pause(endedContextMs, [discarded]);
      return true;
    };
    if ((await Promise.race([saving.then(() => false), late()])) && !discarded.aborted)
      log.error('the lines around the trigger cannot be kept: they could not be read in time');
    over.abort();
  }
}
