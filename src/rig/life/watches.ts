/** The monitors of a rig, and what they see. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../host/clock.ts';
import type { ProcessIdentity } from '../../host/processes/stat.ts';
import type { AnyMonitor, MonitorContext, SourceStatus, Trigger, Watch } from '../../plugin.ts';
import { Condition } from '../condition/condition.ts';
import { type MetBy, Together } from '../condition/together.ts';
import type { PlannedMonitor, RigSpec } from '../records/spec.ts';

/** What the watches need of their rig. */
export interface WatchesContext {
  clock: Clock;
  /** Aborted when there is nothing left to watch for. */
  signal: AbortSignal;
  /** The conditions are met. Returns why that makes no trigger; undefined if it does. */
  onMet(by: MetBy): string | undefined;
  /** Nothing can come any more. */
  onExhausted(reason: string): void;
  gap(cause: string): void;
  remark(text: string): void;
  debug(text: string): void;
}

interface Watched {
  planned: PlannedMonitor;
  condition: Condition;
  watch: Watch | undefined;
}

export class Watches {
  readonly #context: WatchesContext;
  readonly #together: Together;
  readonly #watched: Watched[] = [];
  #exhausted = 0;
  #stopping: Promise<unknown> | undefined;

  constructor(spec: RigSpec, context: WatchesContext) {
    this.#context = context;
    this.#together = new Together(spec.monitors.length, spec.allWithinMs);
    context.signal.addEventListener('abort', () => {
      for (const { condition } of this.#watched) condition.stop();
    });
  }

  /** Starts the monitors. Resolves when all of them watch. Throws if one cannot; then none runs. */
  async arm(planned: PlannedMonitor[], monitors: readonly AnyMonitor[]): Promise<void> {
    const arming = planned.map((each, number) => this.#arm(each, number, monitors));
    const results = await Promise.allSettled(arming);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      await this.stop();
      this.close();
      throw failed.reason;
    }
    for (const { condition } of this.#watched) if (!this.#context.signal.aborted) condition.start();
  }

  async #arm(planned: PlannedMonitor, number: number, monitors: readonly AnyMonitor[]): Promise<void> {
    const monitor = monitors.find(({ name }) => name === planned.name);
    if (!monitor) throw new Error(`no monitor ${planned.name} in this rig`);
    const { clock } = this.#context;
    const watched: Watched = {
      planned,
      condition: new Condition(
        planned.when,
        clock,
        (read) => this.#onMet(number, { monitor: planned.name, read }),
        () => watched.watch?.lateMs?.() ?? 0,
      ),
      watch: undefined,
    };
    this.#watched.push(watched);
    watched.watch = await monitor.watch(planned.plan, this.#contextOf(watched));
  }

  #contextOf({ condition }: Watched): MonitorContext {
    const { clock, signal, gap, remark, debug, onExhausted } = this.#context;
    const isOver = (): boolean => signal.aborted;
    return {
      clock,
      signal,
      saw: (sighting) => isOver() || condition.saw(sighting),
      level: (reading) => isOver() || condition.level(reading),
      gone: (subject) => condition.gone(subject),
      passOver: (reason, text) => condition.passOver(reason, text),
      exhausted: (reason) => {
        this.#exhausted++;
        if (this.#exhausted === this.#watched.length) onExhausted(reason);
      },
      gap,
      remark,
      debug,
    };
  }

  /** Returns whether it made a trigger. */
  #onMet(number: number, by: MetBy): boolean {
    const all = this.#together.add(number, by);
    if (all === undefined) return false;
    const held = this.#context.onMet(all);
    if (held !== undefined) this.#watched[number]?.condition.passOver(held);
    return held === undefined;
  }

  status(): SourceStatus[] {
    return this.#watched.flatMap(({ watch, condition }) => [...(watch?.status() ?? []), condition.status()]);
  }

  processes(): ProcessIdentity[] {
    return this.#watched.flatMap(({ watch }) => watch?.processes?.() ?? []);
  }

  /** Writes what came before the trigger into `dir`. The function that it resolves to adds what came since. */
  async saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>> {
    // After the last trigger. Stopped, a monitor knows all that came before it.
    if (this.#context.signal.aborted) await this.stop();
    const savers = this.#watched.flatMap(({ watch }) => (watch?.saveContext ? [watch] : []));
    const completing: (() => Promise<void>)[] = [];
    for (const [index, watch] of savers.entries()) {
      const folder = savers.length === 1 ? dir : join(dir, String(index + 1));
      if (folder !== dir) await mkdir(folder, { mode: 0o700 });
      const complete = await watch.saveContext?.(folder, trigger);
      if (complete) completing.push(complete);
    }
    return async () => {
      for (const complete of completing) await complete();
    };
  }

  async stop(): Promise<void> {
    for (const { condition } of this.#watched) condition.stop();
    this.#stopping ??= Promise.all(this.#watched.map(({ watch }) => watch?.stop()));
    await this.#stopping;
  }

  /** Releases what saving the context needs. */
  close(): void {
    for (const { watch } of this.#watched) watch?.close?.();
  }
}
