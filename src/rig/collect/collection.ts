/** What a rig collects for one trigger: what its actions make, and the context around the trigger. */
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
import { outputRoot } from '../records/paths.ts';
import type { ActionReport } from '../records/reports.ts';
import type { RigSpec } from '../records/spec.ts';
import { type ReadyAction, runActions } from './actions.ts';
import { DiskGuard } from './disk-guard.ts';
import { hanging, OutputDisk } from './output-disk.ts';
import { type Collected, packResult } from './pack-result.ts';
import { collectionFolder, makeCollectionFolder, removeEmptyWorkFolder } from './work-folder.ts';

/** How long after the trigger the context is read: the first action comes first. */
const actionFirstMs = 20;

/** How long reading the context may take: it may hang on a sick disk. */
const contextMs = 10_000;

/** The same once somebody ends the rig, and waits. */
const endedContextMs = 1000;

/** What a collection needs of its rig. */
export interface CollectionContext {
  spec: RigSpec;
  log: RigLog;
  armed: {
    clock: Clock;
    /** The disk of the output folder. */
    disk: OutputDisk;
    ready: ReadyAction[];
    gaps: Gap[];
    status(): SourceStatus[];
    watches: {
      /** Writes what came before the trigger. The function that it resolves to adds what came since. */
      saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>>;
      processes(): ProcessIdentity[];
    };
  };
  ending: {
    /** Aborted when somebody ends the rig: what it has collected is kept. */
    ended: AbortSignal;
    /** Aborted when what it is collecting is to be discarded. */
    discarded: AbortSignal;
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
  /** With another output folder where that of the rig does not answer. */
  #spec: RigSpec;
  #folder = '';
  #disk: OutputDisk;
  #guard: DiskGuard;
  #reports: ActionReport[] = [];
  /** What is to be told of the result. */
  readonly #reasons: string[] = [];
  /** Why nothing is collected. */
  #refusal: string | undefined;
  /** Who ended the rig before the last action was done. */
  #cutBy: string | undefined;

  constructor({ trigger, at, number }: { trigger: Trigger; at: Date; number: number }, context: CollectionContext) {
    this.number = number;
    this.#trigger = trigger;
    this.#at = at;
    this.#context = context;
    this.#spec = context.spec;
    this.#disk = context.armed.disk;
    this.#guard = new DiskGuard(this.#disk, this.#spec.output.minFree);
  }

  /** Runs the actions and saves the context of the trigger. */
  async run(): Promise<void> {
    this.#refusal = await this.#makeFolder();
    if (this.#refusal !== undefined) return;
    const acting = this.#act();
    const saving = this.#saveContext(acting);
    this.#reports = await acting;
    await this.#waitForContext(saving);
    this.#cutBy = this.#context.ending.by;
  }

  async #act(): Promise<ActionReport[]> {
    const { log, armed, ending } = this.#context;
    const spec = this.#spec;
    const { clock, ready, watches } = armed;
    const { ended } = ending;
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
    return await runActions(ready, run);
  }

  #moveToUsualPlace(): void {
    const { spec, log } = this.#context;
    const reason = `${spec.output.folder} does not answer: the result is in ${outputRoot}`;
    log.error(reason);
    this.#reasons.push(reason);
    this.#spec = { ...spec, output: { ...spec.output, folder: outputRoot } };
    this.#disk = new OutputDisk(outputRoot, log.warn);
    this.#guard = new DiskGuard(this.#disk, spec.output.minFree);
  }

  /** Makes the folder. Resolves to the reason if it does not. */
  async #makeFolder(): Promise<string | undefined> {
    const { log } = this.#context;
    const make = async () => {
      this.#folder = collectionFolder(this.#spec, this.number);
      // On a full disk only the first trigger collects; later ones are logged.
      const full = this.number > 1 ? await this.#guard.refusal() : undefined;
      return full ?? (await makeCollectionFolder(this.#spec, this.number, log.warn).then(() => undefined, messageOf));
    };
    let failure = await this.#disk.use(make);
    if (failure === hanging) {
      this.#moveToUsualPlace();
      failure = await make();
    }
    if (failure === undefined) return undefined;
    const refusal = `trigger ${this.number}: nothing is collected: ${failure}`;
    log.error(refusal);
    return refusal;
  }

  /** Makes the result. Never rejects: what goes wrong is in the reasons, and what was collected is kept. */
  async pack(): Promise<Collected> {
    if (this.#refusal !== undefined) return { result: null, reasons: [this.#refusal] };
    const { log, armed, ending } = this.#context;
    const spec = this.#spec;
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
    const pack = () => packResult(packing, this.#guard, log, ending.discarded);
    const write = () => (spec.nice ? withIdleWorkers(pack) : pack());
    const packed = await this.#disk.use(write);
    if (packed === hanging)
      return {
        result: null,
        reasons: [`${spec.output.folder} does not answer: what was collected is in ${this.#folder}`],
      };
    if (spec !== this.#context.spec) await removeEmptyWorkFolder(spec);
    return { ...packed, reasons: [...this.#reasons, ...packed.reasons] };
  }

  /** Saves what came before the trigger while the actions run, and what has come since when they are done. Only logs a failure. */
  async #saveContext(acting: Promise<unknown>): Promise<void> {
    const { log, armed } = this.#context;
    const folder = join(this.#folder, 'context');
    try {
      await delay(actionFirstMs);
      await mkdir(folder, { mode: 0o700 });
      const complete = await armed.watches.saveContext(folder, this.#trigger);
      await acting;
      await complete();
    } catch (error) {
      log.error(`the lines around the trigger cannot be kept: ${messageOf(error)}`);
    }
  }

  /** Waits for the context: less long if somebody ends the rig, and not at all if it is discarded. */
  async #waitForContext(saving: Promise<void>): Promise<void> {
    const { log, ending } = this.#context;
    const { ended, discarded } = ending;
    let isSaved = false;
    const saved = saving.then(() => {
      isSaved = true;
    });
    const atMost = (ms: number, signal: AbortSignal) =>
      Promise.race([saved, delay(ms, undefined, { signal, ref: false }).catch(() => 'ended meanwhile')]);
    await atMost(contextMs, ended);
    if (ended.aborted) await atMost(endedContextMs, discarded);
    if (!isSaved && !discarded.aborted)
      log.error('the lines around the trigger cannot be kept: they could not be read in time');
  }
}
