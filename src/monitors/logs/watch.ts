/** The logs monitor at work: what its sources find, each event once, goes to the rig. */
import { nowMs } from '../../host/clock.ts';
import type { MonitorContext, SourceStatus, Trigger, Watch } from '../../plugin.ts';
import { saveLines } from './context.ts';
import { type Objection, objectionsOf } from './events/passed-over.ts';
import { SameEvent } from './events/same-event.ts';
import { byFileSystem } from './files/by-file-system.ts';
import { FileSource } from './files/file-source.ts';
import { PseudoFileSource } from './files/pseudo-file-source.ts';
import { StreamSource, streamName } from './files/stream-source.ts';
import { JournalSource } from './journal/journal-source.ts';
import { type LineReaders, LineSighting } from './line-sighting.ts';
import { compileMatchFacts } from './matching/match-facts.ts';
import { compileMatcher } from './matching/matcher.ts';
import { compileVerdict, type Verdict } from './matching/verdict.ts';
import type { LogsPlan } from './plan.ts';
import { ProcessOfLine } from './process-of-line.ts';
import { fileReadingMs, type LineMatch, type Source, type SourceContext } from './source.ts';

/** Starts all sources. Resolves when each of them is positioned; when one cannot be, none is left running. */
export async function watchLogs(plan: LogsPlan, rig: MonitorContext): Promise<Watch> {
  const watch = new LogsWatch(plan, rig);
  await watch.start();
  return watch;
}

class LogsWatch implements Watch {
  readonly #plan: LogsPlan;
  readonly #rig: MonitorContext;
  readonly #sources: Source[] = [];
  /** One for each text: an event may match --message in the file, with its program, and only --then in the journal. */
  readonly #firstEvents: SameEvent;
  readonly #secondEvents: SameEvent;
  readonly #readers: LineReaders;
  readonly #verdictOn: (line: Buffer) => Verdict;
  readonly #objectionTo: (match: LineMatch, verdict: Verdict) => Objection | undefined;

  constructor(plan: LogsPlan, rig: MonitorContext) {
    this.#plan = plan;
    this.#rig = rig;
    this.#verdictOn = compileVerdict(plan);
    this.#objectionTo = objectionsOf(plan);
    this.#firstEvents = new SameEvent(watchesOnePlace(plan));
    this.#secondEvents = new SameEvent(watchesOnePlace(plan));
    const context: SourceContext = {
      matcher: compileMatcher(...plan.messages, ...(plan.second ? [plan.second] : [])),
      clock: rig.clock,
      onMatch: (match) => this.#take(match),
      isOver: () => rig.signal.aborted,
      remark: (text) => rig.remark(text),
      debug: (text) => rig.debug(text),
    };
    const journal = plan.journal && new JournalSource(plan.journal, context);
    if (journal) this.#sources.push(journal);
    this.#addFiles(context);
    // The processes of another journal are not of this host.
    const processes = new ProcessOfLine(plan.journal?.dir === undefined ? journal : undefined);
    this.#readers = {
      factsIn: compileMatchFacts(plan.messages),
      processOf: (match) => processes.find(match),
      encoding: plan.messages[0]?.encoding,
    };
  }

  #addFiles(context: SourceContext): void {
    const { files, patterns = [], pseudoFiles = [], streams = [], intervalMs } = this.#plan;
    // Those on a file system that may stop to answer must not hold up the others.
    for (const { gate, ...named } of byFileSystem(files, patterns, context.remark))
      this.#sources.push(new FileSource(named.files, context, { patterns: named.patterns, intervalMs, gate }));
    if (pseudoFiles.length > 0) this.#sources.push(new PseudoFileSource(pseudoFiles, context, { intervalMs }));
    if (streams.length > 0) this.#sources.push(new StreamSource(streams, context, () => this.#onStreamsEnded(streams)));
  }

  /** Standard input has ended without a match: the rig ends too when it watches nothing else. */
  #onStreamsEnded(streams: string[]): void {
    if (this.#rig.signal.aborted) return;
    const what = `${streams.map(streamName).join(', ')} ended before the condition was met`;
    if (this.#sources.length === 1) this.#rig.exhausted(what);
    else this.#rig.remark(`${what}; what else is watched goes on`);
  }

  async start(): Promise<void> {
    try {
      await Promise.all(this.#sources.map((source) => source.start()));
      this.#practise();
    } catch (error) {
      await this.stop();
      this.close();
      throw error;
    }
  }

  /** Takes a made-up line that counts for nothing: the first real one then finds its way compiled. */
  #practise(): void {
    const line = Buffer.from('Jan  1 00:00:00 localhost practice[1]: warm-up');
    const match: LineMatch = { source: '/', line, position: { cursor: '' }, atMs: Date.now() };
    this.#objectionTo(match, this.#verdictOn(line));
    const times = new SameEvent().countNew(match, nowMs());
    const sighting = new LineSighting(match, this.#readers, { atMs: nowMs(), times, slot: 'first' });
    this.#rig.debug(`practised: ${sighting.kind}, ${JSON.stringify(sighting.facts)}, ${sighting.text}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  status(): SourceStatus[] {
    return this.#sources.flatMap((source) => source.status());
  }

  lateMs(): number {
    return Math.max(fileReadingMs, ...this.#sources.map((source) => source.readingMs ?? 0));
  }

  async saveContext(dir: string, trigger: Trigger): Promise<() => Promise<void>> {
    return await saveLines(this.#sources, dir, trigger);
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }

  /** Takes a line in which one of the plan's texts was found. Says how it was taken, for the figures of its source. */
  #take(match: LineMatch): 'counted' | 'passed over' {
    if (this.#rig.signal.aborted) return 'counted';
    const verdict = this.#verdictOn(match.line);
    if (!verdict.isFirst && !verdict.isSecond) return 'passed over';
    const objection = this.#objectionTo(match, verdict);
    if (objection) {
      this.#rig.debug(`passed over, ${objection.reason}: ${match.source}`);
      this.#rig.passOver(objection.reason, objection.text);
      return 'passed over';
    }
    const readMs = nowMs();
    const times = verdict.isFirst ? this.#firstEvents.countNew(match, readMs) : 0;
    const isSecond = verdict.isSecond ? this.#secondEvents.countNew(match, readMs) > 0 : false;
    if (times === 0 && !isSecond) {
      this.#rig.passOver('seen in another source');
      return 'passed over';
    }
    const slot = times > 0 ? (isSecond ? 'both' : 'first') : 'second';
    const atMs = match.monotonicMs ?? readMs;
    this.#rig.saw(new LineSighting(match, this.#readers, { atMs, times: Math.max(times, 1), slot }));
    return 'counted';
  }
}

/** Whether nothing else is watched than one file by one name, or the journal. */
function watchesOnePlace({ journal, files, patterns = [], streams = [], pseudoFiles = [] }: LogsPlan): boolean {
  const others = patterns.length + streams.length + pseudoFiles.length;
  return files.length + (journal ? 1 : 0) === 1 && others === 0;
}
