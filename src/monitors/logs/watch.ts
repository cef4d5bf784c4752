/** The armed logs monitor: counts what its sources find and fires. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RigError } from '../../errors.ts';
import type { MonitorContext, Trigger, TriggerFacts, Watch } from '../../plugin.ts';
import { isEcho } from './echo.ts';
import { FileSource } from './file-source.ts';
import { JournalSource } from './journal-source.ts';
import { compileMatcher } from './matcher.ts';
import type { LogsPlan } from './plan.ts';
import type { LineMatch, Source, SourceContext, SourceExcerpt } from './source.ts';
import { reportedLineBytes } from './source.ts';
import { StreamSource, streamName } from './stream-source.ts';

/** Stands before the triggering line in the context. */
const triggerMark = '--- the next line triggered the rig ---\n';

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
  #matches = 0;
  #isOver = false;

  constructor(plan: LogsPlan, context: MonitorContext) {
    this.#plan = plan;
    this.#context = context;
    const sourceContext: SourceContext = {
      matcher: compileMatcher(plan.message),
      onMatch: (match) => this.#take(match),
      isOver: () => this.#isOver,
      remark: (text) => context.remark(text),
      debug: (text) => context.debug(text),
    };
    if (plan.journal) this.#sources.push(new JournalSource(plan.journal.program, plan.journal.units, sourceContext));
    const { files, patterns = [], streams = [], intervalMs } = plan;
    if (files.length + patterns.length > 0)
      this.#sources.push(new FileSource(files, sourceContext, { patterns, intervalMs }));
    if (streams.length > 0)
      this.#sources.push(new StreamSource(streams, sourceContext, () => this.#onStreamsEnded(streams)));
  }

  /** Standard input has ended without a match: the rig ends, too, when it watches nothing else. */
  #onStreamsEnded(streams: string[]): void {
    const what = `${streams.map(streamName).join(', ')} ended before the condition was met`;
    if (this.#sources.length === 1) this.#context.fail(new RigError(what));
    else this.#context.remark(`${what}; what else is watched goes on`);
  }

  async start(): Promise<void> {
    try {
      await Promise.all(this.#sources.map((source) => source.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  status() {
    return this.#sources.flatMap((source) => source.status());
  }

  async saveContext(dir: string, trigger: Trigger): Promise<void> {
    const names = new Set<string>();
    for (const source of this.#sources) {
      for (const excerpt of await source.context(trigger)) {
        await writeFile(join(dir, newName(excerpt.source, names)), marked(excerpt), { flag: 'wx', mode: 0o600 });
      }
    }
  }

  /**
   * Takes a matching line. One event that is seen in the journal and again in the syslog file is two matches here as yet:
   * this is the place to tell.
   */
  #take(match: LineMatch): 'counted' | 'passed over' {
    if (isEcho(match.line, match.identifier)) {
      this.#context.debug(`passed over, because it echoes rig itself: ${match.source}`);
      return 'passed over';
    }
    this.#matches++;
    if (this.#matches < this.#plan.count || this.#isOver) return 'counted';
    this.#isOver = true;
    this.#context.fire(factsOf(match, this.#matches));
    return 'counted';
  }
}

function factsOf({ source, line, position, atMs, process }: LineMatch, matches: number): TriggerFacts {
  const text = line.subarray(0, reportedLineBytes).toString('utf8');
  const loggedAt = new Date(atMs).toISOString();
  return { source, line: text, matches, position, loggedAt, ...(process ? { process } : {}) };
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
