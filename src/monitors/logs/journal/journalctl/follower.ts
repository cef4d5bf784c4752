/** Keeps a journalctl running that follows the journal: one that ends is started again, later and later if it fails each time. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../../errors.ts';
import type { SourceContext } from '../../source.ts';
import type { ExportedEntry } from './export.ts';
import { runJournalctl } from './run.ts';

const firstBackOffMs = 50;
const lastBackOffMs = 5000;

export interface FollowerOptions {
  /** The path of journalctl. */
  program: string;
  /** Asked at each start: the arguments that go on from the last entry seen. */
  args(): string[];
  onEntry(entry: ExportedEntry): void;
  context: SourceContext;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  /** Ends the present journalctl. */
  #replacing = new AbortController();
  #backOffMs = firstBackOffMs;
  /** How often journalctl was started again. */
  restarts = 0;
  /** How many bytes it has printed. */
  bytes = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Resolves when the follower was stopped and no journalctl is left. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const { context } = this.#options;
    while (!signal.aborted) {
      const reason = await this.#runOnce();
      if (signal.aborted) return;
      this.restarts++;
      const text = `journalctl ended (${reason}); it is started again from the last entry seen`;
      // A lasting failure is a remark once, when it is clear that it lasts.
      if (this.#backOffMs >= lastBackOffMs && this.#backOffMs < 2 * lastBackOffMs) context.remark(text);
      else context.debug(text);
      await delay(Math.min(this.#backOffMs, lastBackOffMs), undefined, { signal }).catch(() => undefined);
      this.#backOffMs *= 2;
    }
  }

  /** From now on nothing is handed on. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Replaces the present journalctl. What that still shows does not count. */
  replace(reason: string): void {
    this.#options.context.debug(`journalctl is replaced: ${reason}`);
    this.noteSuccess();
    this.#replacing.abort();
  }

  /** journalctl works: the next failure is the first one. */
  noteSuccess(): void {
    this.#backOffMs = firstBackOffMs;
  }

  /** Runs journalctl once. Returns why it ended. */
  async #runOnce(): Promise<string> {
    const { program, args, onEntry } = this.#options;
    this.#replacing = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, this.#replacing.signal]);
    const onBytes = (count: number): void => {
      this.bytes += count;
    };
    try {
      const { exitCode, signalName, stderr } = await runJournalctl(program, args(), { onEntry, onBytes, signal });
      return [signalName ?? `exit code ${exitCode}`, stderr.split('\n').at(-1)].filter(Boolean).join(': ');
    } catch (error) {
      return messageOf(error);
    }
  }
}
