/** A program that runs as long as the rig: started again if it ends, stopped while the disk is nearly full. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RigError } from '../../errors.ts';
import type { Cancel, Clock } from '../../host/clock.ts';
import { makeNewFolder } from '../../host/folders.ts';
import { type RunningProgram, startProgram } from '../../host/programs/start-program.ts';
import type { KeptProgram as Kept } from '../../plugin.ts';
import type { DiskGuard } from './disk-guard.ts';

/** How often to look whether it runs. */
const lookMs = 1000;
/** How long it may take to be ready, and to answer a signal. */
const readyMs = 10_000;
const answerMs = 500;
const pollMs = 10;

export interface KeptProgramContext {
  clock: Clock;
  guard: DiskGuard;
  /** Where it has a folder for each start. */
  dir: string;
  isLowPriority: boolean;
  /** Aborted when the rig ends: it is not started again. */
  signal: AbortSignal;
  gap(cause: string): void;
}

export class KeptProgram implements Kept {
  readonly #file: string;
  readonly #args: string[];
  readonly #context: KeptProgramContext;
  #program: RunningProgram | undefined;
  #starts = 0;
  #isEnded = false;
  #lastWords = '';
  #cancel: Cancel | undefined;

  constructor(file: string, args: string[], context: KeptProgramContext) {
    this.#file = file;
    this.#args = args;
    this.#context = context;
  }

  /** Starts it and waits until it says `ready` on stderr. Throws a RigError in its own words if it does not. */
  async start(ready: string): Promise<void> {
    await this.#startOnce();
    const { signal } = this.#context;
    const isReady = (): boolean => this.stderr().includes(ready) || !this.#program || signal.aborted;
    await waitFor(isReady, readyMs);
    if (!this.#program || !this.stderr().includes(ready)) {
      const words = this.#lastWords;
      await this.end();
      throw new RigError(`${this.#file} does not work: ${words}`);
    }
    this.#cancel = this.#context.clock.every(lookMs, () => this.#look());
  }

  stderr(): string {
    return this.#program?.stderr() ?? '';
  }

  async ask(signal: NodeJS.Signals): Promise<string> {
    const before = this.stderr();
    if (this.#program) process.kill(this.#program.pid, signal);
    await waitFor(() => this.stderr() !== before, answerMs);
    return this.stderr();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancel?.();
    await this.#program?.end();
  }

  async #startOnce(): Promise<void> {
    const { dir, guard, isLowPriority } = this.#context;
    await this.#removeOlder();
    this.#starts++;
    const cwd = join(dir, String(this.#starts));
    await makeNewFolder(cwd);
    const program = await startProgram(this.#file, this.#args, {
      cwd,
      isLowPriority,
      mostFileBytes: await guard.room(),
    });
    program.stdout.resume();
    this.#program = program;
    void program.ended.then(({ exitCode, signalName }) => {
      this.#lastWords = program.stderr().trimEnd().split('\n').at(-1) ?? '';
      if (this.#program !== program) return;
      this.#program = undefined;
      const how = signalName ?? `exit code ${exitCode}`;
      if (!this.#isEnded && !this.#context.signal.aborted)
        this.#context.gap(`${this.#file} ended (${how}): ${this.#lastWords}`);
    });
    // end() was called meanwhile.
    if (this.#isEnded) await program.end();
  }

  /** Keeps what the last start that wrote something has written: the trigger may come after its end. */
  async #removeOlder(): Promise<void> {
    const { dir } = this.#context;
    let isKept = false;
    const starts = (await readdir(dir)).map(Number).sort((a, b) => b - a);
    for (const start of starts) {
      const folder = join(dir, String(start));
      const files = await readdir(folder);
      if (isKept || files.length === 0) await rm(folder, { recursive: true, force: true });
      isKept ||= files.length > 0;
    }
  }

  async #look(): Promise<void> {
    const refusal = await this.#context.guard.refusal();
    if (this.#isEnded || this.#context.signal.aborted) return;
    const program = this.#program;
    if (refusal !== undefined && program) {
      this.#program = undefined;
      this.#context.gap(`${this.#file} was stopped: ${refusal}`);
      await program.end();
    } else if (refusal === undefined && !program) {
      await this.#startOnce().catch((error) => this.#context.gap(`${this.#file}: ${messageOf(error)}`));
    }
  }
}

/** Waits until something is so, or the time is up. */
async function waitFor(isSo: () => boolean, withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs && !isSo(); waitedMs += pollMs) await delay(pollMs);
}
