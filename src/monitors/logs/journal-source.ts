/** The systemd journal as a source: read by journalctl from a cursor taken at the start, and from the last one after a failure. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { SourceStatus, Trigger } from '../../plugin.ts';
import { entryTimeMs } from './clock.ts';
import type { JournalReader } from './journal-child.ts';
import { followArguments, readBack, readEntries } from './journal-child.ts';
import { formatEntries } from './journal-excerpt.ts';
import type { JournalEntry } from './journal-export.ts';
import { textOf } from './journal-export.ts';
import { hasJournalFiles } from './journal-host.ts';
import type { Source, SourceContext, SourceExcerpt } from './source.ts';
import { contextLines } from './source.ts';

/** How long to wait before journalctl is started again: at first, and at most after failing again and again. */
const firstBackOffMs = 50;
const lastBackOffMs = 5000;
/** How often the first file of an empty journal is looked for. */
const firstFileMs = 500;

export class JournalSource implements Source {
  readonly #program: string;
  readonly #units: string[];
  readonly #context: SourceContext;
  readonly #stopping = new AbortController();
  #cursor: string | undefined;
  #reader: JournalReader | undefined;
  #following: Promise<void> | undefined;
  #backOffMs = firstBackOffMs;
  #restarts = 0;
  #entries = 0;
  #bytes = 0;
  #matches = 0;
  #passedOver = 0;

  /** `program` is journalctl's path; no units means the whole journal. */
  constructor(program: string, units: string[], context: SourceContext) {
    this.#program = program;
    this.#units = units;
    this.#context = context;
  }

  async start(): Promise<void> {
    // Of the whole journal even when units are chosen: their last entry may be old and far to seek.
    const [last] = await readBack(this.#program, [], { count: 1 });
    this.#cursor = last && textOf(last, '__CURSOR');
    this.#following = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reader?.end();
    await this.#following;
  }

  status(): SourceStatus[] {
    const [cursor, bytes, matches, passedOver] = [this.#cursor ?? null, this.#bytes, this.#matches, this.#passedOver];
    const units = this.#units.length > 0 ? { units: this.#units } : {};
    const figures = { entries: this.#entries, bytes, matches, passedOver, restarts: this.#restarts };
    return [{ source: 'journal', ...units, state: 'following', cursor, ...figures }];
  }

  async context(trigger: Trigger): Promise<SourceExcerpt[]> {
    const triggerCursor = 'cursor' in trigger.position ? trigger.position.cursor : undefined;
    const cursor = triggerCursor ?? this.#cursor;
    if (cursor === undefined) return [];
    const entries = await readBack(this.#program, this.#units, { cursor, count: contextLines });
    return [{ source: 'journal', ...formatEntries(entries.reverse(), triggerCursor) }];
  }

  /** Keeps a journalctl running until the source is stopped. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#waitForFirstFile();
    while (!signal.aborted) {
      const reason = await this.#readUntilItEnds();
      if (signal.aborted) return;
      this.#restarts++;
      const text = `journalctl ended (${reason}); it is started again from the last entry seen`;
      // A lasting failure is told once, when it is clear that it lasts.
      if (this.#backOffMs >= lastBackOffMs && this.#backOffMs < 2 * lastBackOffMs) this.#context.remark(text);
      else this.#context.debug(text);
      await delay(Math.min(this.#backOffMs, lastBackOffMs), undefined, { signal }).catch(() => undefined);
      this.#backOffMs *= 2;
    }
  }

  /** A journalctl that finds no file does not notice the first one: while the journal is empty, it is waited for. */
  async #waitForFirstFile(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#cursor === undefined && !signal.aborted && !(await hasJournalFiles()))
      await delay(firstFileMs, undefined, { signal }).catch(() => undefined);
  }

  /** Runs journalctl once and says why it ended. */
  async #readUntilItEnds(): Promise<string> {
    try {
      const args = followArguments(this.#units, this.#cursor);
      const onBytes = (count: number): void => {
        this.#bytes += count;
      };
      const reader = await readEntries(this.#program, args, (entry) => this.#examine(entry), onBytes);
      this.#reader = reader;
      // Stopped while it was being started: then nobody else ends it.
      if (this.#stopping.signal.aborted) await reader.end();
      const { exitCode, signalName, stderr } = await reader.ended;
      return [signalName ?? `exit code ${exitCode}`, stderr.split('\n').at(-1)].filter(Boolean).join(': ');
    } catch (error) {
      return messageOf(error);
    }
  }

  #examine(entry: JournalEntry): void {
    if (this.#stopping.signal.aborted || this.#context.isOver()) return;
    const cursor = textOf(entry, '__CURSOR');
    if (cursor === undefined) return;
    this.#cursor = cursor;
    this.#backOffMs = firstBackOffMs;
    this.#entries++;
    const message = entry.fields.get('MESSAGE')?.find((text) => this.#context.matcher.test(text));
    if (message) this.#report(entry, message, cursor);
  }

  #report(entry: JournalEntry, line: Buffer, cursor: string): void {
    const atMs = Math.floor(Number(textOf(entry, '__REALTIME_TIMESTAMP') ?? 0) / 1000);
    const pid = Number(textOf(entry, '_PID') ?? 0);
    const identifier = textOf(entry, 'SYSLOG_IDENTIFIER');
    const monotonicMs = entryTimeMs(entry);
    const taken = this.#context.onMatch({
      source: 'journal',
      line,
      position: { cursor },
      atMs,
      ...(pid > 0 ? { process: { pid, seenAtMs: atMs } } : {}),
      ...(monotonicMs === undefined ? {} : { monotonicMs }),
      ...(identifier === undefined ? {} : { identifier }),
    });
    if (taken === 'counted') this.#matches++;
    else this.#passedOver++;
  }
}
