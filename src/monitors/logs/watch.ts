/** The armed logs monitor: counts what its sources find and fires. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonitorContext, Trigger, TriggerFacts, Watch } from '../../plugin.ts';
import { capturedGroups } from './captured-groups.ts';
import { isEcho } from './echo.ts';
import { FileSource } from './file-source.ts';
import { JournalSource } from './journal-source.ts';
import type { MessageOptions } from './matcher.ts';
import { compileMatcher } from './matcher.ts';
import type { LogsPlan } from './plan.ts';
import type { LineMatch, Source, SourceContext, SourceExcerpt } from './source.ts';
import { reportedLineBytes } from './source.ts';

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
    if (plan.files.length > 0) this.#sources.push(new FileSource(plan.files, sourceContext));
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

  async saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>> {
    const names = new Set<string>();
    const written: Array<{ path: string; excerpt: SourceExcerpt }> = [];
    for (const source of this.#sources) {
      for (const excerpt of await source.context(trigger)) {
        const path = join(dir, newName(excerpt.source, names));
        await writeFile(path, marked(excerpt), { flag: 'wx', mode: 0o600 });
        written.push({ path, excerpt });
      }
    }
    return async () => {
      for (const { path, excerpt } of written) await appendFile(path, await after(excerpt));
      for (const source of this.#sources) source.close();
    };
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
    this.#context.fire(factsOf(match, this.#matches, this.#plan.message));
    return 'counted';
  }
}

function factsOf(match: LineMatch, matches: number, message: MessageOptions): TriggerFacts {
  const { source, line, position, atMs, process } = match;
  const text = line.subarray(0, reportedLineBytes).toString('utf8');
  const loggedAt = new Date(atMs).toISOString();
  const groups = capturedGroups(message, text);
  return { source, line: text, matches, position, loggedAt, ...groups, ...(process ? { process } : {}) };
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
