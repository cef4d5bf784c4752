/** The systemd journal as a source: read by rig itself where it can, else by journalctl. */
import { messageOf, RigError } from '../../../errors.ts';
import type { SourceStatus } from '../../../plugin.ts';
import type { JournalPlan } from '../plan.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { contextLines } from '../source.ts';
import type { JournalEntry } from './entry.ts';
import { textOf, unitFields } from './entry.ts';
import { Examination } from './examination.ts';
import { formatAfter, formatEntries } from './excerpt.ts';
import { JournalctlReader } from './journalctl/journalctl-reader.ts';
import { NativeReader } from './native/native-reader.ts';
import type { JournalReader } from './reader.ts';
import { chooseEvents, withoutKinds } from './selection/selection.ts';

/** How late journalctl may be: it takes half a second, and one that hangs is replaced after 4 to 8. */
const journalctlReadingMs = 9000;

export class JournalSource implements Source {
  readonly #plan: JournalPlan;
  readonly #examination: Examination;
  #reader: JournalReader;
  #handingOver: Promise<void> | undefined;
  #isStopped = false;

  constructor(plan: JournalPlan, context: SourceContext) {
    this.#plan = plan;
    this.#examination = new Examination(context, plan.selection);
    this.#reader =
      plan.reader === 'native'
        ? new NativeReader(plan, this.#examination, (error) => this.#onUnreadable(error))
        : this.#journalctl();
  }

  async start(): Promise<void> {
    try {
      await this.#reader.start();
    } catch (error) {
      const mayHandOver = this.#reader instanceof NativeReader && this.#plan.program !== undefined;
      if (!(error instanceof RigError) || !mayHandOver) throw error;
      this.#remarkJournalctl(error);
      this.#reader = this.#journalctl();
      await this.#reader.start();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#handingOver;
    await this.#reader.stop();
    this.#examination.end();
  }

  status(): SourceStatus[] {
    return this.#reader.status();
  }

  get readingMs(): number {
    return this.#reader instanceof JournalctlReader || this.#handingOver ? journalctlReadingMs : 0;
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    const triggerCursor = position && 'cursor' in position ? position.cursor : undefined;
    const cursor = triggerCursor ?? this.#examination.cursor;
    if (cursor === undefined) return [];
    const selection = await this.#aroundTrigger(triggerCursor);
    const before = await this.#reader.readBeside(cursor, { side: 'up to', count: contextLines, selection });
    const readAfter = async () => {
      const range = { side: 'behind', count: contextLines + 1, selection } as const;
      return formatAfter(await this.#reader.readBeside(cursor, range), contextLines);
    };
    return [{ source: 'journal', ...formatEntries(before, triggerCursor), readAfter }];
  }

  /** What is shown around a trigger: the units that were named, or the one that an event has happened to. */
  async #aroundTrigger(cursor: string | undefined): Promise<string[]> {
    const selection = withoutKinds(this.#plan.selection);
    if (cursor === undefined || !chooseEvents(this.#plan.selection)) return selection;
    const [trigger] = await this.#reader.readBeside(cursor, { side: 'up to', count: 1, selection: [] });
    return [...unitFields.flatMap((field) => (trigger && textOf(trigger, field)) || []), ...selection];
  }

  /** The first of the latest entries since then that is wanted, of all units; also after `stop`. */
  async findFirst(sinceMs: number, isWanted: (entry: JournalEntry) => boolean): Promise<JournalEntry | undefined> {
    return await this.#reader.findFirst(sinceMs * 1000, isWanted);
  }

  close(): void {}

  #journalctl(): JournalctlReader {
    const { program = 'journalctl' } = this.#plan;
    return new JournalctlReader({ ...this.#plan, program }, this.#examination);
  }

  /** Rig cannot read a file. Returns whether journalctl goes on where rig was. */
  #onUnreadable(error: unknown): boolean {
    if (this.#plan.program === undefined) {
      this.#examination.gaps.add(`cannot be read: ${messageOf(error)}`);
      this.#examination.context.remark(`journal: ${messageOf(error)}; the other files are watched on`);
      return false;
    }
    this.#remarkJournalctl(error);
    if (this.#reader instanceof NativeReader) this.#handingOver = this.#handOver(this.#reader);
    return true;
  }

  async #handOver(native: NativeReader): Promise<void> {
    await native.stop();
    if (this.#isStopped) return;
    this.#examination.cursor = native.safeCursor;
    const journalctl = this.#journalctl();
    this.#reader = journalctl;
    await journalctl.takeOver();
  }

  #remarkJournalctl(error: unknown): void {
    this.#examination.context.remark(`journal: journalctl reads it, because ${messageOf(error)}`);
  }
}
