/** The background actions of a rig: armed before the monitors, they record until the rig ends. */
import { join } from 'node:path';
import type { Clock } from '../../host/clock.ts';
import { makeNewFolder } from '../../host/folders.ts';
import type { AnyAction, Background, RigContext, SourceStatus } from '../../plugin.ts';
import type { ReadyAction } from '../collect/actions.ts';
import type { DiskGuard } from '../collect/disk-guard.ts';
import { KeptProgram } from '../collect/kept-program.ts';
import { recordingFolder } from '../collect/work-folder.ts';
import type { RigLog } from '../log/log.ts';
import type { PlannedAction, RigSpec } from '../records/spec.ts';

export interface BackgroundsContext {
  spec: RigSpec;
  clock: Clock;
  signal: AbortSignal;
  guard: DiskGuard;
  log: RigLog;
  gap(cause: string): void;
}

export class Backgrounds {
  readonly #context: BackgroundsContext;
  readonly #armed: Background[] = [];

  constructor(context: BackgroundsContext) {
    this.#context = context;
  }

  /** Arms the actions that record. Resolves to all actions, ready for a trigger. Throws if one cannot be armed. */
  async arm(planned: PlannedAction[], actions: readonly AnyAction[]): Promise<ReadyAction[]> {
    const ready: ReadyAction[] = [];
    for (const each of planned) {
      const action = actions.find(({ name }) => name === each.name);
      if (!action) throw new Error(`no action ${each.name} in this rig`);
      const background = await action.arm?.(each.plan, await this.#contextOf(action));
      if (background) this.#armed.push(background);
      ready.push({ action, planned: each, background });
    }
    return ready;
  }

  async #contextOf({ name, keepsPriority }: AnyAction): Promise<RigContext> {
    const { spec, clock, signal, guard, log, gap } = this.#context;
    const dir = join(await recordingFolder(spec), name);
    await makeNewFolder(dir);
    const isLowPriority = spec.nice && !keepsPriority;
    const context = { clock, guard, dir, isLowPriority, signal, gap: (cause: string) => gap(`${name}: ${cause}`) };
    return {
      id: spec.id,
      dir,
      clock,
      signal,
      spaceRefusal: (bytes) => guard.refusal(bytes),
      keepRunning: async (file, args, ready) => {
        const program = new KeptProgram(file, args, context);
        await program.start(ready);
        return program;
      },
      log: (text) => log.info(`${name}: ${text}`),
    };
  }

  status(): SourceStatus[] {
    return this.#armed.flatMap((background) => background.status());
  }

  async stop(): Promise<void> {
    await Promise.all(this.#armed.splice(0).map((background) => background.stop()));
  }
}
