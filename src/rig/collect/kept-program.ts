/** A program that runs as long as the rig: started again if it ends, stopped while the disk is nearly full. */
import { messageOf } from '../../errors.ts';
import type { Cancel, Clock } from '../../host/clock.ts';
import { type RunningProgram, startProgram } from '../../host/programs/start-program.ts';
import type { KeptProgram as Kept } from '../../plugin.ts';
import type { DiskGuard } from './disk-guard.ts';

/** How often to look whether it runs. */
const lookMs = 1000;

export interface KeptProgramContext {
  clock: Clock;
  guard: DiskGuard;
  cwd: string;
  isLowPriority: boolean;
  gap(cause: string): void;
}

export class KeptProgram implements Kept {
  readonly #file: string;
  readonly #args: (start: number) => string[];
  readonly #context: KeptProgramContext;
  #program: RunningProgram | undefined;
  #starts = 0;
  #isEnded = false;
  #endLooks: Cancel | undefined;

  private constructor(file: string, args: (start: number) => string[], context: KeptProgramContext) {
    this.#file = file;
    this.#args = args;
    this.#context = context;
  }

  /** Starts it. `args` is called at each start, with its number from 1. Throws if it cannot be started. */
  static async start(
    file: string,
    args: (start: number) => string[],
    context: KeptProgramContext,
  ): Promise<KeptProgram> {
    const kept = new KeptProgram(file, args, context);
    await kept.#start();
    kept.#endLooks = context.clock.every(lookMs, () => kept.#look());
    return kept;
  }

  stderr(): string {
    return this.#program?.stderr() ?? '';
  }

  signal(name: NodeJS.Signals): void {
    if (this.#program) process.kill(this.#program.pid, name);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#endLooks?.();
    await this.#program?.end();
  }

  async #start(): Promise<void> {
    const { cwd, isLowPriority } = this.#context;
    this.#starts++;
    const program = await startProgram(this.#file, this.#args(this.#starts), { cwd, isLowPriority });
    program.stdout.resume();
    this.#program = program;
    void program.ended.then(({ exitCode, signalName }) => {
      if (this.#program !== program) return;
      this.#program = undefined;
      const how = signalName ?? `exit code ${exitCode}`;
      if (!this.#isEnded) this.#context.gap(`${this.#file} ended (${how}): ${lastLine(program.stderr())}`);
    });
    // end() was called meanwhile.
    if (this.#isEnded) await program.end();
  }

  async #look(): Promise<void> {
    const refusal = await this.#context.guard.refusal();
    if (this.#isEnded) return;
    if (refusal !== undefined && this.#program) {
      const program = this.#program;
      this.#program = undefined;
      this.#context.gap(`${this.#file} was stopped: ${refusal}`);
      await program.end();
    } else if (refusal === undefined && !this.#program) {
      await this.#start().catch((error) => this.#context.gap(`${this.#file}: ${messageOf(error)}`));
    }
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
