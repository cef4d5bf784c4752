/** The armed logs monitor: counts what its sources find and fires. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { nowMs, SystemClock } from '../../host/clock.ts';
import type { MonitorContext, Trigger, TriggerFacts, Watch } from '../../plugin.ts';
import { readingMs } from './condition/alarm.ts';
import type { Condition } from './condition/condition.ts';
import { makeCondition } from './condition/condition.ts';
import { PassedOver } from './events/passed-over.ts';
import { SameEvent } from './events/same-event.ts';
import { FileSource } from './files/file-source.ts';
import { PseudoFileSource } from './files/pseudo-file-source.ts';
import { StreamSource, streamName } from './files/stream-source.ts';
import { JournalSource } from './journal/journal-source.ts';
import { capturedGroups } from './matching/captured-groups.ts';
import { compileMatcher } from './matching/matcher.ts';
import type { Verdict } from './matching/verdict.ts';
import { compileVerdict } from './matching/verdict.ts';
import type { LogsPlan } from './plan.ts';
import type { LineMatch, Source, SourceContext, SourceExcerpt } from './source.ts';

/** Stands before the triggering line in the context. */
const triggerMark = '--- the next line triggered the rig ---\n';

/** Stands in the other sources' context where the rig triggered. */
const afterMark = '--- what follows came after the trigger ---\n';
/** Ends a context that is not complete. */
const cutMark = '--- more came and is left out here ---\n';

/** Starts all sources. Resolves when each of them is positioned; when one cannot be, none is left running. */
export async function armLogs(plan: LogsPlan, context: MonitorContext): Promise<Watch> {
  const watch = new LogsWatch(plan, context);
  await watch.start();
  return watch;
}

class LogsWatch implements Watch {
  readonly #plan: LogsPlan;
  readonly #context: MonitorContext;
  readonly #sources: Source[] = [];
  /** One for each text, since an event may match --message in the file, with its program, and only --then in the journal. */
  readonly #firstEvents: SameEvent;
  readonly #secondEvents: SameEvent;
  readonly #verdictOn: (line: Buffer) => Verdict;
  readonly #passedOver: PassedOver;
  readonly #condition: Condition;
  #isOver = false;
  #isStopped = false;

  constructor(plan: LogsPlan, context: MonitorContext) {
    this.#plan = plan;
    this.#context = context;
    const second = plan.next ?? plan.unless;
    this.#verdictOn = compileVerdict(plan);
    this.#passedOver = new PassedOver(plan);
    this.#firstEvents = new SameEvent(watchesOnePlace(plan));
    this.#secondEvents = new SameEvent(watchesOnePlace(plan));
    this.#condition = makeCondition(
      plan,
      (facts) => this.#fire(facts),
      () => Math.max(readingMs.files, ...this.#sources.map((source) => source.readingMs ?? 0)),
    );
    const sourceContext: SourceContext = {
      matcher: second ? compileMatcher(plan.message, second) : compileMatcher(plan.message),
      clock: new SystemClock((error) => context.remark(messageOf(error))),
      onMatch: (match) => (this.#isOver ? 'counted' : this.#take(match)),
      isOver: () => this.#isOver,
      remark: (text) => context.remark(text),
      debug: (text) => context.debug(text),
    };
    if (plan.journal) this.#sources.push(new JournalSource(plan.journal, sourceContext));
    const { files, patterns = [], pseudoFiles = [], streams = [], intervalMs } = plan;
    if (files.length + patterns.length > 0)
      this.#sources.push(new FileSource(files, sourceContext, { patterns, intervalMs }));
    if (pseudoFiles.length > 0) this.#sources.push(new PseudoFileSource(pseudoFiles, sourceContext, { intervalMs }));
    if (streams.length > 0)
      this.#sources.push(new StreamSource(streams, sourceContext, () => this.#onStreamsEnded(streams)));
  }

  /** Standard input has ended without a match: the rig ends, too, when it watches nothing else. */
  #onStreamsEnded(streams: string[]): void {
    if (this.#isOver) return;
    const what = `${streams.map(streamName).join(', ')} ended before the condition was met`;
    if (this.#sources.length === 1) this.#context.exhausted(what);
    else this.#context.remark(`${what}; what else is watched goes on`);
  }

  async start(): Promise<void> {
    try {
      await Promise.all(this.#sources.map((source) => source.start()));
      if (!this.#isOver) this.#condition.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#isStopped = true;
    this.#condition.stop();
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  status() {
    const condition = { source: 'condition', matches: this.#condition.matches, ...this.#passedOver.status() };
    return [...this.#sources.flatMap((source) => source.status()), condition];
  }

  async saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>> {
    const names = new Set<string>();
    const written: Array<{ path: string; excerpt: SourceExcerpt }> = [];
    for (const source of this.#sources) {
      for (const excerpt of await source.context(trigger.position)) {
        const path = join(dir, newName(excerpt.source, names));
        await writeFile(path, marked(excerpt), { flag: 'wx', mode: 0o600 });
        written.push({ path, excerpt });
      }
    }
    return async () => {
      for (const { path, excerpt } of written) {
        await appendFile(path, await after(excerpt));
        excerpt.close?.();
      }
      // Before that another trigger may still be waiting for its turn.
      if (this.#isStopped) for (const source of this.#sources) source.close();
    };
  }

  /** Takes a line in which one of the plan's texts was found. */
  #take(match: LineMatch): 'counted' | 'passed over' {
    const verdict = this.#verdictOn(match.line);
    if (!verdict.isFirst && !verdict.isSecond) return 'passed over';
    const reason = this.#passedOver.reasonFor(match, verdict);
    if (reason !== undefined) {
      this.#context.debug(`passed over, ${reason}: ${match.source}`);
      return 'passed over';
    }
    const times = verdict.isFirst ? this.#firstEvents.countNew(match, nowMs()) : 0;
    const isSecond = verdict.isSecond ? this.#secondEvents.countNew(match, nowMs()) > 0 : false;
    if (times === 0 && !isSecond) {
      this.#passedOver.count('seen in another source');
      return 'passed over';
    }
    const held = times > 0 ? this.#holdReason() : undefined;
    const seen = { match, times, atMs: match.monotonicMs ?? nowMs(), isFirst: times > 0 && !held, isSecond };
    const why = held && !isSecond ? held : (this.#condition.take(seen) ?? held);
    if (why === undefined) return 'counted';
    this.#passedOver.count(why);
    return 'passed over';
  }

  /** Why a match would not count now. A sign of life is always one. */
  #holdReason(): string | undefined {
    return this.#plan.absentMs === undefined ? this.#context.holdReason() : undefined;
  }

  #fire(facts: TriggerFacts): void {
    if (this.#isOver) return;
    // What was not followed, say, comes due later than it matched; a line that matches now was asked about before.
    const held = this.#holdReason();
    if (held !== undefined) this.#passedOver.count(held);
    const groups = capturedGroups(this.#plan.message, facts.earlier?.line ?? facts.line);
    if (this.#context.fire({ ...facts, ...groups }) === 'watching') {
      this.#condition.restart();
      return;
    }
    this.#isOver = true;
    this.#condition.stop();
  }
}

/** Whether nothing else is watched than one file by one name, or the journal. */
function watchesOnePlace({ journal, files, patterns = [], streams = [], pseudoFiles = [] }: LogsPlan): boolean {
  const others = patterns.length + streams.length + pseudoFiles.length;
  return files.length + (journal ? 1 : 0) === 1 && others === 0;
}

/** `var-log-messages.log` for a path, and a number where two would have the same name. */
function newName(source: string, taken: Set<string>): string {
  const base = source
    .replace(/^\/+/, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 100)
    .replace(/\.log$/, '');
  let name = `${base}.log`;
  for (let number = 2; taken.has(name); number++) name = `${base}-${number}.log`;
  taken.add(name);
  return name;
}

/** The text, with a mark before the line that triggered. */
function marked({ text, triggerAt }: SourceExcerpt): Buffer {
  if (triggerAt === undefined) return text;
  return Buffer.concat([text.subarray(0, triggerAt), Buffer.from(triggerMark), text.subarray(triggerAt)]);
}

/** What came behind the excerpt, with marks where they are needed. */
async function after(excerpt: SourceExcerpt): Promise<Buffer> {
  const { text, isCut } = await excerpt.readAfter();
  if (text.length === 0 && !isCut) return text;
  const head = excerpt.triggerAt === undefined ? afterMark : '';
  return Buffer.concat([Buffer.from(head), text, Buffer.from(isCut ? cutMark : '')]);
}
