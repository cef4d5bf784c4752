/** One rig's whole life, from the spec to the record. It runs in the daemon, or attached with --foreground. */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RigError } from '../errors.ts';
import { endAllPrograms, setOwner } from '../host/programs.ts';
import { monitors } from '../monitors/index.ts';
import type { AnyMonitor, SourceStatus, Trigger, TriggerFacts, Watch } from '../plugin.ts';
import { visible } from '../text.ts';
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
  type RigState,
  release,
  writeRecord,
} from './registry.ts';
import type { RigSpec } from './spec.ts';
import { keepWorkFolder, makeWorkFolder, removeWorkFolder, resultName } from './work-folder.ts';

export type LiveStatus = 'starting' | 'watching' | 'triggered';

/** What `rig list` and `rig info` show of a live rig. */
export interface RigStatus {
  id: string;
  pid: number;
  monitor: string;
  watch: string;
  condition: string;
  actions: string[];
  status: LiveStatus | EndStatus;
  created: string;
  triggered: string | null;
  archive: string | null;
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

/** A promise with its handle; only the first settling counts. */
function deferred<T>() {
  return Promise.withResolvers<T>();
}

type Outcome =
  | { kind: 'trigger'; facts: TriggerFacts; at: Date }
  | { kind: 'end'; request: EndRequest }
  | { kind: 'failure'; error: Error };

/** How long those who wait for an answer, or an arming that is given up, may hold up the end. */
const answerMs = 3000;

/** A rig that has its name, its folders and its control socket. */
class LiveRig {
  readonly spec: RigSpec;
  readonly state: RigState;
  readonly log: RigLog;
  readonly #starter: Starter;
  readonly #outcome = deferred<Outcome>();
  readonly #endRequested = new AbortController();
  readonly #ended = deferred<FinishedRecord>();
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
      this.end({ by: 'rig destroy', keep: false });
      return await this.#ended.promise;
    });
  }

  describe(): RigStatus {
    const { id, created, monitor, actions } = this.spec;
    return {
      id,
      pid: this.state.pid,
      monitor: monitor.name,
      watch: monitor.watch,
      condition: monitor.condition,
      actions: actions.map(({ name }) => name),
      status: this.#status,
      created,
      triggered: this.#triggered ? isoTime(this.#triggered) : null,
      archive: null,
      sources: this.#watch?.status() ?? [],
    };
  }

  /** Ends the rig, whatever it does. The first request decides. */
  end(request: EndRequest): void {
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

  /** Waits for what ends the watch, collects, and resolves to how the rig ended. */
  async live(): Promise<FinishedRecord> {
    const outcome = await this.#outcome.promise;
    if (outcome.kind === 'trigger') return await this.#collect(outcome.facts, outcome.at);
    await this.#watch?.stop();
    await removeWorkFolder(this.spec.id);
    return outcome.kind === 'end'
      ? this.#record('destroyed', null, [`ended by ${outcome.request.by}`])
      : this.#record('failed', null, [messageOf(outcome.error)]);
  }

  async #collect(facts: TriggerFacts, at: Date): Promise<FinishedRecord> {
    this.#status = 'triggered';
    this.#triggered = at;
    const trigger: Trigger = { time: isoTime(at), monitor: this.spec.monitor.name, ...facts };
    this.log.info(`triggered by ${facts.source}: ${visible(facts.line)}`);
    const [reports, completeContext] = await Promise.all([
      runActions(this.spec, trigger, this.#endRequested.signal, this.log),
      this.#keepContext(() => this.#saveContext(trigger)),
    ]);
    if (this.#endRequest && !this.#endRequest.keep) {
      await removeWorkFolder(this.spec.id);
      return this.#record('destroyed', null, [`ended by ${this.#endRequest.by}, what was collected is discarded`]);
    }
    await this.#keepContext(completeContext);
    return await this.#pack(trigger, at, reports);
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

  async #pack(trigger: Trigger, at: Date, reports: ActionReport[]): Promise<FinishedRecord> {
    const reasons = reports.filter(({ reason }) => reason !== null).map(({ name, reason }) => `${name}: ${reason}`);
    const request = this.#endRequest;
    if (request) reasons.push(`ended by ${request.by} before it was complete`);
    const status: EndStatus = request ? 'destroyed' : reasons.length > 0 ? 'failed' : 'finished';
    const { id } = this.spec;
    try {
      const sources = this.#watch?.status() ?? [];
      const manifest = { spec: this.spec, status, complete: !request, reasons, trigger, sources, actions: reports };
      await writeManifest(manifest, this.log.lines());
      if (!this.spec.archive) return this.#record(status, await keepWorkFolder(id, at), reasons);
      const archive = await writeArchive(id, `${resultName(id, at)}${request ? '-incomplete' : ''}`);
      await removeWorkFolder(id);
      return this.#record(status, archive, reasons);
    } catch (error) {
      // A full disk, most likely: what was collected is worth more than its wrapping.
      const kept = await keepWorkFolder(id, at);
      return this.#record('failed', kept, [...reasons, `the archive cannot be written: ${messageOf(error)}`]);
    }
  }

  #record(status: EndStatus, archive: string | null, reasons: string[]): FinishedRecord {
    const { sources: _, ...row } = this.describe();
    return { ...row, status, archive, ended: isoTime(new Date()), reasons };
  }

  /** Writes the record, gives the name back, and answers whoever asked for the end. */
  async finish(record: FinishedRecord): Promise<void> {
    const result = record.archive === null ? '' : `, ${record.archive}`;
    this.log.info(`${record.status}${result}${record.reasons.map((reason) => `; ${reason}`).join('')}`);
    await writeRecord(record).catch((error) => this.log.error(`the record cannot be written: ${messageOf(error)}`));
    await endAllPrograms();
    await this.#leave();
    this.#ended.resolve(record);
    await this.#closeServer();
  }

  /** Takes down a rig that could not be armed: nothing of it remains. */
  async abandon(): Promise<void> {
    const arming = this.#arming?.then((watch) => watch.stop());
    // A journalctl that hangs is why it could not be armed, or why it would not end.
    await endAllPrograms();
    await Promise.race([arming?.catch(() => 'arming is what failed'), delay(answerMs)]);
    if (this.#hasWorkFolder) await removeWorkFolder(this.spec.id);
    await this.#leave();
    await this.#closeServer();
  }

  /** Gives the name back. */
  async #leave(): Promise<void> {
    await release(this.state).catch((error) => this.log.error(messageOf(error)));
  }

  /** Lets those who still wait for an answer have it, for a while. */
  async #closeServer(): Promise<void> {
    const { promise, resolve } = deferred<void>();
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
