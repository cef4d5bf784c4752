/** One rig's whole life, from the spec to the record. It runs in the daemon, or attached with --foreground. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RigError } from '../errors.ts';
import { endAllPrograms, prepareToRun, setOwner } from '../host/programs.ts';
import { monitors } from '../monitors/index.ts';
import type { AnyMonitor, SourceStatus, Trigger, TriggerFacts, Watch } from '../plugin.ts';
import { type ActionReport, runActions } from './actions.ts';
import { writeArchive } from './archive.ts';
import { serveControl } from './control.ts';
import { takeDownWith } from './leftover.ts';
import { openLog, type RigLog } from './log.ts';
import { writeManifest } from './manifest.ts';
import { isoTime, workFolder } from './paths.ts';
import {
  claim,
  type EndStatus,
  type FinishedRecord,
  ownerMarker,
  ownIdentity,
  type RigRow,
  type RigState,
  release,
  rowOf,
  writeRecord,
} from './registry.ts';
import type { RigSpec } from './spec.ts';
import { keepWorkFolder, makeWorkFolder, removeWorkFolder, resultName } from './work-folder.ts';

type LiveStatus = 'starting' | 'watching' | 'triggered';

/** What `rig list` and `rig info` show of a live rig. */
export interface RigStatus extends RigRow {
  status: LiveStatus;
  sources: SourceStatus[];
}

/** Why a rig is ended from outside. */
export interface EndRequest {
  by: string;
  /** Whether what was already collected is kept. */
  keep: boolean;
}

/** Who started the rig and wants to hear of it. */
export interface Starter {
  /** Something that the user should know, while the rig is being armed. */
  remark(text: string): void;
  /** Everything is positioned: from now on nothing is missed. Rejects when the starter is gone, and the rig ends. */
  armed(): Promise<void>;
  /** Each line of the rig's log. */
  show(line: string): void;
  /** Calls back when the rig is to end. */
  onEndRequest(end: (request: EndRequest) => void): void;
}

function findMonitor(name: string): AnyMonitor {
  const monitor = monitors.find((candidate) => candidate.name === name);
  if (!monitor) throw new Error(`no monitor ${name} in this rig`);
  return monitor;
}

type Outcome =
  | { kind: 'trigger'; facts: TriggerFacts; at: Date }
  | { kind: 'end'; request: EndRequest }
  | { kind: 'failure'; error: Error };

/** How long those who wait for an answer, or an arming that is given up, may hold up the end. */
const answerMs = 3000;

/** How long programs may take to end: longer than the grace that they have between SIGTERM and SIGKILL. */
const programsMs = 5000;

/** How long reading the lines around the trigger may take: on a sick disk it may hang, and the rest is worth more. */
const contextMs = 10_000;

/** The facts of a trigger that a user asked for: no line made it, it stands nowhere. */
function askedFor(): TriggerFacts {
  const position = { file: '', inode: '', offset: 0 };
  const loggedAt = new Date().toISOString();
  return { source: 'rig trigger', line: '', matches: 0, position, loggedAt, because: 'a user asked for it' };
}

/** A rig that has its name, its folders and its control socket. */
class LiveRig {
  readonly spec: RigSpec;
  readonly state: RigState;
  readonly log: RigLog;
  readonly #starter: Starter;
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #endRequested = new AbortController();
  readonly #discardRequested = new AbortController();
  readonly #ended = Promise.withResolvers<FinishedRecord>();
  #endRequest: EndRequest | undefined;
  #status: LiveStatus = 'starting';
  #triggered: Date | undefined;
  #watch: Watch | undefined;
  #arming: Promise<Watch> | undefined;
  #hasWorkFolder = false;
  #server: Server | undefined;

  constructor(state: RigState, log: RigLog, starter: Starter) {
    this.spec = state.spec;
    this.state = state;
    this.log = log;
    this.#starter = starter;
    starter.onEndRequest((request) => this.end(request));
  }

  /** Serves the control socket in the folder that is about to become this rig's. */
  async serve(folder: string): Promise<void> {
    this.#server = await serveControl(join(folder, 'control.sock'), async (request) => {
      if (request.command === 'status') return this.describe();
      if (request.command === 'trigger') return this.trigger();
      if (request.command === 'destroy') this.end({ by: 'rig destroy', keep: false });
      return await this.#ended.promise;
    });
  }

  /** Acts as if the condition had been met. Throws a RigError when it cannot be met now. */
  trigger(): RigStatus {
    if (this.#status === 'starting') throw new RigError('is not armed yet');
    if (this.#status === 'triggered' || this.#endRequest) throw new RigError('has triggered or is ending already');
    this.#outcome.resolve({ kind: 'trigger', facts: askedFor(), at: new Date() });
    return this.describe();
  }

  /** What the rig is and how far it has got. */
  describe(): RigStatus {
    return { ...this.#row(), status: this.#status, sources: this.#watch?.status() ?? [] };
  }

  #row(): RigRow {
    return { ...rowOf(this.state), triggered: this.#triggered ? isoTime(this.#triggered) : null };
  }

  /** Ends the rig, whatever it does. The first request decides, but what is to be discarded later is discarded. */
  end(request: EndRequest): void {
    if (!request.keep) this.#discardRequested.abort();
    if (this.#endRequest) return;
    this.#endRequest = request;
    this.log.info(`is ended by ${request.by}`);
    this.#endRequested.abort();
    this.#outcome.resolve({ kind: 'end', request });
  }

  /** Makes the work folder and positions the monitor. Throws when that fails or the rig is ended meanwhile. */
  async arm(): Promise<void> {
    const kept = await makeWorkFolder(this.spec.id);
    this.#hasWorkFolder = true;
    if (kept !== undefined) this.#remark(`what an earlier rig "${this.spec.id}" had collected is now in ${kept}`);
    const { name, plan } = this.spec.monitor;
    this.#arming = findMonitor(name).arm(plan, {
      fire: (facts) => this.#outcome.resolve({ kind: 'trigger', facts, at: new Date() }),
      fail: (error) => this.fail(error),
      remark: (text) => this.#remark(text),
      debug: (text) => this.log.debug(text),
    });
    this.#watch = await Promise.race([this.#arming, this.#endedEarly()]);
    await Promise.race([this.#starter.armed(), this.#endedEarly()]);
    this.#status = 'watching';
    // The first action must not wait for it when the moment has come.
    void prepareToRun();
    this.log.info(`watches ${this.spec.monitor.watch} for ${this.spec.monitor.condition}`);
  }

  /** The rig cannot go on watching. */
  fail(error: Error): void {
    this.#outcome.resolve({ kind: 'failure', error });
  }

  #remark(text: string): void {
    this.log.warn(text);
    this.#starter.remark(text);
  }

  /** Rejects when the rig is ended. */
  async #endedEarly(): Promise<never> {
    const { signal } = this.#endRequested;
    if (!signal.aborted) await once(signal, 'abort');
    throw new RigError(`ended by ${this.#endRequest?.by} before it was armed`);
  }

  /** Waits for what ends the watch, collects, and resolves to how the rig ended. Whatever goes wrong is in the record. */
  async live(): Promise<FinishedRecord> {
    try {
      return await this.#watchAndCollect();
    } catch (error) {
      this.log.error(`unexpected: ${error instanceof Error ? error.stack : error}`);
      return this.#record('failed', await this.#keep(new Date()), [messageOf(error)]);
    }
  }

  async #watchAndCollect(): Promise<FinishedRecord> {
    const outcome = await this.#outcome.promise;
    if (outcome.kind === 'trigger') return await this.#collect(outcome.facts, outcome.at);
    await Promise.race([this.#watch?.stop(), delay(programsMs)]);
    await removeWorkFolder(this.spec.id);
    return outcome.kind === 'end'
      ? this.#record('destroyed', null, [`ended by ${outcome.request.by}`])
      : this.#record('failed', null, [messageOf(outcome.error)]);
  }

  async #collect(facts: TriggerFacts, at: Date): Promise<FinishedRecord> {
    this.#status = 'triggered';
    this.#triggered = at;
    const trigger: Trigger = { time: isoTime(at), monitor: this.spec.monitor.name, ...facts };
    this.log.info(`triggered by ${[facts.source, facts.because, facts.line].filter(Boolean).join(': ')}`);
    await this.#restoreWorkFolder();
    const saving = this.#keepContext(() => this.#saveContext(trigger));
    const reports = await runActions(this.spec, trigger, this.#endRequested.signal, this.log);
    await this.#waitForContext(saving.then((complete) => this.#keepContext(complete)));
    return this.#discardRequested.signal.aborted ? await this.#discard() : await this.#pack(trigger, at, reports);
  }

  /** What cleans up old files in /var/tmp may have taken the empty folder of a rig that has waited for weeks. */
  async #restoreWorkFolder(): Promise<void> {
    if (existsSync(workFolder(this.spec.id))) return;
    this.log.warn(`${workFolder(this.spec.id)} was removed; it is made again`);
    await makeWorkFolder(this.spec.id).catch((error) => this.log.error(messageOf(error)));
  }

  async #discard(): Promise<FinishedRecord> {
    await removeWorkFolder(this.spec.id);
    return this.#record('destroyed', null, [`ended by ${this.#endRequest?.by}, what was collected is discarded`]);
  }

  /** Ends the watch and keeps what came before the trigger. It runs beside the actions, which must not wait for it. */
  async #saveContext(trigger: Trigger): Promise<(() => Promise<void>) | undefined> {
    await this.#watch?.stop();
    const folder = join(workFolder(this.spec.id), 'context');
    await mkdir(folder, { mode: 0o700 });
    return await this.#watch?.saveContext?.(folder, trigger);
  }

  /** The context is worth less than what the actions collect: that it cannot be kept is logged and no more. */
  async #keepContext<T>(keep: (() => Promise<T>) | undefined): Promise<T | undefined> {
    try {
      return await keep?.();
    } catch (error) {
      this.log.error(`the lines around the trigger cannot be kept: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Waits for the context, but not for ever. */
  async #waitForContext(saving: Promise<unknown>): Promise<void> {
    const { signal } = this.#endRequested;
    const waiting = delay(contextMs, true, { ref: false, signal }).catch(() => true);
    if (await Promise.race([saving.then(() => false), waiting]))
      this.log.error('the lines around the trigger cannot be kept: they could not be read in time');
  }

  async #pack(trigger: Trigger, at: Date, reports: ActionReport[]): Promise<FinishedRecord> {
    const reasons = reports.filter(({ reason }) => reason !== null).map(({ name, reason }) => `${name}: ${reason}`);
    const request = this.#endRequest;
    if (request) reasons.push(`ended by ${request.by} before it was complete`);
    const status: EndStatus = request ? 'destroyed' : reasons.length > 0 ? 'failed' : 'finished';
    const { id } = this.spec;
    try {
      const sources = this.#watch?.status() ?? [];
      const manifest = { spec: this.spec, status, complete: !request, reasons, trigger, sources, actions: reports };
      await writeManifest(manifest, this.log.lines(), this.#discardRequested.signal);
      if (!this.spec.archive) return this.#record(status, await keepWorkFolder(id, at), reasons);
      const name = `${resultName(id, at)}${request ? '-incomplete' : ''}`;
      const archive = await writeArchive(id, name, this.#discardRequested.signal);
      await removeWorkFolder(id);
      return this.#record(status, archive, reasons);
    } catch (error) {
      if (this.#discardRequested.signal.aborted) return await this.#discard();
      // A full disk, most likely: what was collected is worth more than its wrapping.
      const failed = [...reasons, `the archive cannot be written: ${messageOf(error)}`];
      return this.#record('failed', await this.#keep(at), failed);
    }
  }

  /** Keeps the work folder under a name of its own; where even that fails, it stays where it is. */
  async #keep(at: Date): Promise<string | null> {
    try {
      return await keepWorkFolder(this.spec.id, at);
    } catch (error) {
      this.log.error(`the work folder cannot be renamed: ${messageOf(error)}`);
      return existsSync(workFolder(this.spec.id)) ? workFolder(this.spec.id) : null;
    }
  }

  #record(status: EndStatus, archive: string | null, reasons: string[]): FinishedRecord {
    return { ...this.#row(), status, archive, ended: isoTime(new Date()), reasons };
  }

  /** Writes the record, gives the name back, and answers whoever asked for the end. */
  async finish(record: FinishedRecord): Promise<void> {
    const result = record.archive === null ? '' : `, ${record.archive}`;
    this.log.info(`${record.status}${result}${record.reasons.map((reason) => `; ${reason}`).join('')}`);
    await writeRecord(record).catch((error) => this.log.error(`the record cannot be written: ${messageOf(error)}`));
    await this.#endPrograms();
    await this.#leave();
    this.#ended.resolve(record);
    await this.#closeServer();
  }

  /** Takes down a rig that could not be armed: nothing of it remains. */
  async abandon(): Promise<void> {
    const arming = this.#arming?.then((watch) => watch.stop());
    // A journalctl that hangs is why it could not be armed, or why it would not end.
    await this.#endPrograms();
    await Promise.race([arming?.catch(() => 'arming is what failed'), delay(answerMs)]);
    if (this.#hasWorkFolder) await removeWorkFolder(this.spec.id);
    await this.#leave();
    await this.#closeServer();
  }

  /** Ends what still runs; one in uninterruptible sleep (D) cannot be ended, and must not hold up the end. */
  async #endPrograms(): Promise<void> {
    await Promise.race([endAllPrograms(), delay(programsMs)]);
  }

  /** Gives the name back. */
  async #leave(): Promise<void> {
    await release(this.state).catch((error) => this.log.error(messageOf(error)));
  }

  /** Lets those who still wait for an answer have it, for a while. */
  async #closeServer(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#server) this.#server.close(() => resolve());
    else resolve();
    await Promise.race([promise, delay(answerMs)]);
  }
}

/** Runs a rig from its spec to its end. Throws when it cannot be armed; then nothing of it remains. */
export async function runRig(spec: RigSpec, starter: Starter): Promise<FinishedRecord> {
  const owner = await ownIdentity();
  setOwner(ownerMarker(owner));
  const state: RigState = { version: 1, ...owner, spec };
  const log = await openLog(spec.id, spec.debug, starter.show);
  const rig = new LiveRig(state, log, starter);
  // A bug must not end the watch in silence: the record says that the rig failed, and of what.
  process.on('uncaughtException', (error) => {
    log.error(`unexpected: ${error.stack}`);
    rig.fail(error);
  });
  try {
    await claim(
      state,
      takeDownWith((text) => log.warn(text)),
      (folder) => rig.serve(folder),
    );
    await rig.arm();
  } catch (error) {
    await rig.abandon();
    throw error;
  }
  const record = await rig.live();
  await rig.finish(record);
  return record;
}
