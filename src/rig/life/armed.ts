/** The monitors and actions of a rig at work. */
import { messageOf, RigError } from '../../errors.ts';
import { SystemClock } from '../../host/clock.ts';
import { type RunOptions, runProgram } from '../../host/programs/run-program.ts';
import type { AnyAction, Plugins, SourceStatus, Trigger } from '../../plugin.ts';
import type { ReadyAction } from '../collect/actions.ts';
import { DiskGuard } from '../collect/disk-guard.ts';
import { OutputDisk } from '../collect/output-disk.ts';
import type { MetBy } from '../condition/together.ts';
import type { RigLog } from '../log/log.ts';
import { type Gap, Gaps } from '../records/gaps.ts';
import type { RigSpec } from '../records/spec.ts';
import { Backgrounds } from './backgrounds.ts';
import type { Ending } from './ending.ts';
import { Watches } from './watches.ts';

export interface ArmedContext {
  spec: RigSpec;
  plugins: Plugins;
  log: RigLog;
  ending: Ending;
  /** The conditions are met. Returns why that makes no trigger; undefined if it does. */
  onMet(by: MetBy): string | undefined;
  onExhausted(reason: string): void;
  remark(text: string): void;
}

export class Armed {
  /** A look that throws is a gap. */
  readonly clock = new SystemClock((error) => this.#onError(error));
  readonly watches: Watches;
  readonly disk: OutputDisk;
  readonly #context: ArmedContext;
  readonly #gaps = new Gaps();
  readonly #backgrounds: Backgrounds;
  #ready: ReadyAction[] = [];
  #arming: Promise<void> = Promise.resolve();

  constructor(context: ArmedContext) {
    const { spec, log, ending, onMet, onExhausted, remark } = context;
    const { clock } = this;
    const gap = (cause: string): void => this.#onGap(cause);
    this.#context = context;
    this.disk = new OutputDisk(spec.output.folder, log.warn);
    const guard = new DiskGuard(this.disk, spec.output.minFree);
    this.#backgrounds = new Backgrounds({ spec, clock, signal: ending.ended, guard, log, gap });
    this.watches = new Watches(spec, { clock, signal: ending.over, onMet, onExhausted, gap, remark, debug: log.debug });
  }

  /** The actions in the order in which they run. */
  get ready(): ReadyAction[] {
    return this.#ready;
  }

  get gaps(): Gap[] {
    return this.#gaps.list();
  }

  /** Arms the background actions, then the monitors. Throws if one cannot be armed. */
  async arm(): Promise<void> {
    this.#arming = this.#arm();
    await this.#arming;
  }

  async #arm(): Promise<void> {
    const { spec, plugins } = this.#context;
    this.#ready = await this.#backgrounds.arm(spec.actions, plugins.actions);
    await this.watches.arm(spec.monitors, plugins.monitors);
  }

  /** In the very event-loop turn of the trigger. */
  atOnce(trigger: Trigger): void {
    for (const { action, planned } of this.#ready) this.#attempt(action, () => action.atOnce?.(planned.plan, trigger));
  }

  #attempt({ name }: AnyAction, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#context.log.error(`${name}: ${messageOf(error)}`);
    }
  }

  /** Last of all, when the record is written. An action that fails is logged, and the next one still runs. */
  async afterRecord(signal: AbortSignal): Promise<void> {
    const { spec, log } = this.#context;
    for (const { action, planned } of this.#ready) {
      const context = {
        id: spec.id,
        clock: this.clock,
        signal,
        run: (file: string, args: string[], options?: RunOptions) => runProgram(file, args, { signal, ...options }),
        log: (text: string) => log.info(`${action.name}: ${text}`),
      };
      await action
        .afterRecord?.(planned.plan, context)
        .catch((error) => log.error(`${action.name}: ${messageOf(error)}`));
    }
  }

  status(): SourceStatus[] {
    return [...this.watches.status(), ...this.#backgrounds.status()];
  }

  /** Stops all of them, also those that are being armed. */
  async stop(): Promise<void> {
    await this.#arming.catch(() => 'whoever armed them knows');
    await Promise.all([this.watches.stop(), this.#backgrounds.stop()]);
    this.watches.close();
  }

  #onGap(cause: string): void {
    // Logged once: the same gap may come at every look.
    if (this.#gaps.add(cause)) this.#context.log.warn(`gap: ${cause}`);
  }

  #onError(error: unknown): void {
    this.#onGap(messageOf(error));
    if (!(error instanceof RigError)) this.#context.log.bug(error);
  }
}
