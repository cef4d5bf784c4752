/** The systemd journal as a source: read by rig itself where it can, else by journalctl. */
import { messageOf, RigError } from '../../../errors.ts';
import type { SourceStatus } from '../../../plugin.ts';
import { readingMs } from '../condition/alarm.ts';
import type { JournalPlan } from '../plan.ts';
import type { LinePosition, Source, SourceContext, SourceExcerpt } from '../source.ts';
import { Examination } from './examination.ts';
import { JournalctlSource } from './journalctl/journalctl-source.ts';
import { NativeSource } from './native/native-source.ts';

export class JournalSource implements Source {
  readonly #plan: JournalPlan;
  readonly #examination: Examination;
  #native: NativeSource | undefined;
  #journalctl: JournalctlSource | undefined;
  #takingOver: Promise<void> | undefined;
  #isStopped = false;

  constructor(plan: JournalPlan, context: SourceContext) {
    this.#plan = plan;
    this.#examination = new Examination(context, plan.selection);
    if (plan.reader === 'native')
      this.#native = new NativeSource(plan, this.#examination, { onUnreadable: (error) => this.#onUnreadable(error) });
  }

  async start(): Promise<void> {
    try {
      await this.#native?.start();
    } catch (error) {
      if (!(error instanceof RigError) || this.#plan.program === undefined) throw error;
      this.#tellOfJournalctl(error);
      this.#native = undefined;
    }
    if (!this.#native) await this.#startJournalctl(false);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#takingOver;
    await Promise.all([this.#native?.stop(), this.#journalctl?.stop()]);
    this.#examination.end();
  }

  status(): SourceStatus[] {
    return this.#active?.status() ?? [];
  }

  get readingMs(): number {
    return this.#native ? readingMs.files : readingMs.journalctl;
  }

  async context(position: LinePosition | undefined): Promise<SourceExcerpt[]> {
    return (await this.#active?.context(position)) ?? [];
  }

  close(): void {
    this.#active?.close();
  }

  get #active(): NativeSource | JournalctlSource | undefined {
    return this.#journalctl ?? this.#native;
  }

  /** A file has become one that rig cannot read, or such a one has come: journalctl goes on where rig has got to. */
  #onUnreadable(error: Error): boolean {
    if (this.#plan.program === undefined) {
      this.#examination.gaps.add(`cannot be read: ${messageOf(error)}`);
      this.#examination.context.remark(`journal: ${messageOf(error)}; the other files are watched on`);
      return false;
    }
    this.#tellOfJournalctl(error);
    this.#takingOver = this.#takeOver();
    return true;
  }

  async #takeOver(): Promise<void> {
    const native = this.#native;
    this.#native = undefined;
    await native?.stop();
    if (this.#isStopped) return;
    this.#examination.cursor = native?.safeCursor;
    await this.#startJournalctl(true);
  }

  async #startJournalctl(takesOver: boolean): Promise<void> {
    const { program = 'journalctl', dir, selection } = this.#plan;
    this.#journalctl = new JournalctlSource({ program, dir, selection }, this.#examination, { takesOver });
    await this.#journalctl.start();
  }

  #tellOfJournalctl(error: Error): void {
    this.#examination.context.remark(`journal: journalctl reads it, because ${messageOf(error)}`);
  }
}
