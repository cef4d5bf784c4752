/** Keeps a journalctl running that follows the journal: one that ends is started again, later and later if it fails each time. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../../errors.ts';
import type { SourceContext } from '../../source.ts';
import type { JournalReader } from './child.ts';
import { readEntries } from './child.ts';
import type { ExportedEntry } from './export.ts';

const firstBackOffMs = 50;
const lastBackOffMs = 5000;

export interface FollowerOptions {
  /** The path of journalctl. */
  program: string;
  /** Asked at each start: the arguments that go on behind the last entry seen. */
  args(): string[];
  onEntry(entry: ExportedEntry): void;
  context: SourceContext;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  #reader: JournalReader | undefined;
  /** The journalctl that is being replaced: what it still shows does not count. */
  #replaced: JournalReader | undefined;
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
      const reason = await this.#readUntilItEnds();
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

  /** From now on nothing is handed on. Resolves when the present journalctl has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reader?.end();
  }

  /** Replaces the present journalctl at once. */
  restart(reason: string): void {
    this.#options.context.debug(`journalctl is started again: ${reason}`);
    this.#backOffMs = firstBackOffMs;
    this.#replaced = this.#reader;
    void this.#reader?.end();
  }

  /** journalctl works: the next failure is the first one. */
  noteSuccess(): void {
    this.#backOffMs = firstBackOffMs;
  }

  /** Runs journalctl once. Returns why it ended. */
  async #readUntilItEnds(): Promise<string> {
    const { program, args, onEntry } = this.#options;
    try {
      const reader = await readEntries(
        program,
        args(),
        (entry) => {
          if (this.#reader !== this.#replaced && !this.#stopping.signal.aborted) onEntry(entry);
        },
        (count) => {
          this.bytes += count;
        },
      );
      this.#reader = reader;
      // If rig stopped while journalctl was being started, nobody else ends it.
      if (this.#stopping.signal.aborted) await reader.end();
      const { exitCode, signalName, stderr } = await reader.ended;
      return [signalName ?? `exit code ${exitCode}`, stderr.split('\n').at(-1)].filter(Boolean).join(': ');
    } catch (error) {
      return messageOf(error);
    }
  }
}
