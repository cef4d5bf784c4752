/** What a rig collects for one trigger: from the first action to the archive. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import { withIdleWorkers } from '../../host/thread-priority.ts';
import { removeTree, spellNames } from '../../host/trees.ts';
import type { SourceStatus, Trigger, Watch } from '../../plugin.ts';
import { writeArchive } from '../archive/archive.ts';
import { writeManifest } from '../archive/manifest.ts';
import type { RigLog } from '../log/log.ts';
import type { RigSpec } from '../records/spec.ts';
import type { EndStatus } from '../registry/registry.ts';
import { type ActionReport, runActions } from './actions.ts';
import { DiskGuard } from './disk-guard.ts';
import { collectionFolder, keepFolder, makeCollectionFolder, partialArchive, resultName } from './work-folder.ts';

/** How long after the trigger the lines around it are read: they stay where they are, and the first action comes first. */
const actionFirstMs = 20;

/** How long reading the lines around the trigger may take: on a sick disk it may hang, and the rest is worth more. */
const contextMs = 10_000;

/** How long, where the rig is ended: whoever ends it waits. */
const endedContextMs = 1000;

const noReason = (): undefined => undefined;

/** A trigger that is to be worked on. */
export interface TakenTrigger {
  trigger: Trigger;
  at: Date;
  /** Counted from 1. */
  number: number;
}

/** What came of it. */
export interface Collected {
  /** The archive, or the folder that was kept instead; null where nothing could be kept. */
  result: string | null;
  /** What went wrong, a line each. */
  reasons: string[];
}

/** What a collection gets from its rig. */
export interface CollectionContext {
  spec: RigSpec;
  log: RigLog;
  watch: Watch | undefined;
  /** Aborted when the rig is ended: what was collected so far is kept. */
  ended: AbortSignal;
  /** Aborted when the rig is ended and what was collected is to be discarded. */
  discarded: AbortSignal;
  /** By whom the rig was ended; undefined while it was not. */
  endedBy(): string | undefined;
}

export class Collection {
  readonly #taken: TakenTrigger;
  readonly #context: CollectionContext;
  readonly #folder: string;
  readonly #guard: DiskGuard;
  #reports: ActionReport[] = [];
  #sources: SourceStatus[] = [];
  /** Why nothing is collected at all. */
  #refusal: string | undefined;
  /** By whom the rig was ended before the last action was done. */
  #cutBy: string | undefined;

  constructor(taken: TakenTrigger, context: CollectionContext) {
    this.#taken = taken;
    this.#context = context;
    this.#folder = collectionFolder(context.spec, taken.number);
    const { folder, minFree } = context.spec.output;
    this.#guard = new DiskGuard(folder, minFree);
  }

  /** Runs the actions and keeps the lines around the trigger. `settle` makes the monitor ready to give them. */
  async run(settle: () => Promise<unknown>): Promise<void> {
    const { spec, log, ended, watch } = this.#context;
    const { trigger } = this.#taken;
    this.#refusal = await this.#makeFolder();
    if (this.#refusal !== undefined) return;
    const saving = this.#keepContext(async () => {
      await delay(actionFirstMs);
      await settle();
      return await this.#saveContext();
    });
    if (spec.delayMs > 0) await delay(spec.delayMs, undefined, { signal: ended }).catch(() => 'ended meanwhile');
    const guard = this.#guard;
    this.#reports = await runActions({ spec, trigger, root: this.#folder, ended, guard, log });
    await this.#waitForContext(saving.then((complete) => this.#keepContext(complete)));
    this.#sources = watch?.status() ?? [];
    this.#cutBy = this.#context.endedBy();
  }

  /** Makes the folder; gives why it is not made, if it is so. */
  async #makeFolder(): Promise<string | undefined> {
    const { spec, log } = this.#context;
    const { number } = this.#taken;
    const { folder, minFree } = spec.output;
    // That there is no room is said once with all that belongs to it; again and again, that would fill the disk, too.
    const full = number > 1 ? await new DiskGuard(folder, minFree).refusal() : undefined;
    const made = full ?? (await makeCollectionFolder(spec, number, (text) => log.warn(text)).then(noReason, messageOf));
    if (made === undefined) return undefined;
    const refusal = `trigger ${number}: nothing is collected: ${made}`;
    log.error(refusal);
    return refusal;
  }

  /** Makes the result of what was collected. Whatever goes wrong is in the reasons, and what there is is kept. */
  async pack(): Promise<Collected> {
    if (this.#refusal !== undefined) return { result: null, reasons: [this.#refusal] };
    return await (this.#context.spec.nice ? withIdleWorkers(() => this.#pack()) : this.#pack());
  }

  async #pack(): Promise<Collected> {
    const { spec, discarded } = this.#context;
    const by = this.#cutBy;
    const reasons = this.#reports
      .filter(({ reason }) => reason !== null)
      .map(({ folder, reason }) => `${folder}: ${reason}`);
    const disk = this.#guard.watch();
    const signal = AbortSignal.any([discarded, disk.signal]);
    try {
      await spellNames(this.#folder);
      await this.#writeManifest(reasons, by);
      if (!spec.output.archive) return { result: await this.#keep(), reasons };
      const path = join(
        spec.output.folder,
        `${resultName(spec.id, this.#taken.at)}${by === undefined ? '' : '-incomplete'}`,
      );
      const partial = partialArchive(spec, this.#taken.number);
      const { compression } = spec.output;
      const result = await writeArchive({ folder: this.#folder, partial, path, compression }, signal);
      return { result, reasons: [...reasons, ...(await this.#removeFolder())] };
    } catch (error) {
      if (discarded.aborted) return { result: null, reasons };
      // A full disk, most likely: what was collected is worth more than its wrapping.
      const why = messageOf(disk.signal.aborted ? disk.signal.reason : error);
      return { result: await this.#keep(), reasons: [...reasons, `the archive cannot be written: ${why}`] };
    } finally {
      disk.stop();
    }
  }

  async #writeManifest(actionReasons: string[], by: string | undefined): Promise<void> {
    const { spec, log, discarded } = this.#context;
    const { trigger, number } = this.#taken;
    const complete = by === undefined;
    const reasons = complete ? actionReasons : [...actionReasons, `ended by ${by} before it was complete`];
    const status: EndStatus = complete ? (reasons.length > 0 ? 'failed' : 'finished') : 'destroyed';
    const facts = { spec, status, complete, reasons, number, trigger };
    const manifest = { ...facts, sources: this.#sources, actions: this.#reports };
    await writeManifest(this.#folder, manifest, log.lines(), discarded);
  }

  /** Removes what is in the archive by now. What cannot be removed goes out of the way; gives why, if it is so. */
  async #removeFolder(): Promise<string[]> {
    try {
      await removeTree(this.#folder);
      return [];
    } catch (error) {
      return [`${messageOf(error)}; it is in ${await this.#keep()} now`];
    }
  }

  /** Keeps what was collected under a name of its own; where even that fails, it stays where it is. */
  async #keep(): Promise<string | null> {
    try {
      return await keepFolder(this.#context.spec, this.#folder, this.#taken.at);
    } catch (error) {
      this.#context.log.error(`the work folder cannot be renamed: ${messageOf(error)}`);
      return existsSync(this.#folder) ? this.#folder : null;
    }
  }

  /** Keeps what came before the trigger. It runs beside the actions, which must not wait for it. */
  async #saveContext(): Promise<(() => Promise<void>) | undefined> {
    const folder = join(this.#folder, 'context');
    await mkdir(folder, { mode: 0o700 });
    return await this.#context.watch?.saveContext?.(folder, this.#taken.trigger);
  }

  /** The context is worth less than what the actions collect: that it cannot be kept is logged and no more. */
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
    const { ended, discarded, log } = this.#context;
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
