/** One rig's whole life, from the spec to the record. It runs in the daemon, or attached with --foreground. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RigError } from '../../errors.ts';
import { ownPrograms } from '../../host/programs/own-programs.ts';
import { defendSelf } from '../../host/self-defence.ts';
import { monitors } from '../../monitors/index.ts';
import type { AnyMonitor, SourceStatus, Trigger, TriggerFacts, Watch } from '../../plugin.ts';
import { Results } from '../archive/results.ts';
import { type Collected, Collection, type TakenTrigger } from '../collect/collection.ts';
import { clearLeftover, makeWorkFolder, removeWorkFolder } from '../collect/work-folder.ts';
import { type HoldReason, TriggerGate } from '../condition/trigger-gate.ts';
import { announceEnd, announceTrigger, notify } from '../log/announce.ts';
import { openLog, type RigLog } from '../log/log.ts';
import { controlSocket, isoTime, stateFolder } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';
import { takeDownWith } from '../recovery/leftover.ts';
import {
  claim,
  type EndStatus,
  type FinishedRecord,
  ownerMarker,
  ownIdentity,
  ownsFolder,
  type Progress,
  type RigRow,
  type RigState,
  release,
  repairOwner,
  rowOf,
  writeProgress,
  writeRecord,
} from '../registry/registry.ts';
import { serveControl } from '../wire/control.ts';
import { preferSmallHeap } from './heap.ts';
import { Upkeep } from './upkeep.ts';
import { warmUp } from './warm-up.ts';

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

/** What ends the watch, beside a last trigger. */
type End =
  | { kind: 'request'; request: EndRequest }
  | { kind: 'failure'; error: Error }
  | { kind: 'exhausted'; reason: string }
  | { kind: 'expiry' };

/** How long those who wait for an answer, or an arming that is given up, may hold up the end. */
const answerMs = 3000;

/** How long programs may take to end: longer than the grace that they have between SIGTERM and SIGKILL. */
const programsMs = 5000;

/** How many archives may be waiting to be written before the next actions wait for them, too. */
const mostPackings = 2;

/** How long after a trigger it is saved, and then how long until it is logged: the first action comes first. */
const saveAfterMs = 10;
const announceAfterMs = 40;

/** So many of the things that went wrong are told at the end, and so many results. */
const mostTold = 100;

/** The facts of a trigger that no line made: it stands nowhere. */
function factsWithoutLine(source: string, because: string): TriggerFacts {
  const position = { file: '', inode: '', offset: 0 };
  return { source, line: '', matches: 0, position, loggedAt: new Date().toISOString(), because };
}

/** A rig that has its name, its folders and its control socket. */
class LiveRig {
  readonly spec: RigSpec;
  readonly state: RigState;
  readonly log: RigLog;
  readonly #starter: Starter;
  readonly #gate: TriggerGate;
  readonly #results: Results;
  readonly #waiting: TakenTrigger[] = [];
  /** Resolved when there is a trigger to work on, or an end. */
  #changed = Promise.withResolvers<void>();
  #end: End | undefined;
  readonly #endRequested = new AbortController();
  readonly #discardRequested = new AbortController();
  #hasDiscarded = false;
  readonly #ended = Promise.withResolvers<FinishedRecord>();
  #endRequest: EndRequest | undefined;
  #isArmed = false;
  #isCollecting = false;
  #triggered: Date | undefined;
  #watch: Watch | undefined;
  #arming: Promise<Watch> | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #warmingUp: Promise<void> = Promise.resolve();
  /** Aborted when the rig has nothing left to do that it could be quick at. */
  readonly #warmUpOver = new AbortController();
  #upkeep: Upkeep | undefined;
  #hasWorkFolder = false;
  #server: Server | undefined;
  /** Of its folder under /run/rig. */
  #folderIdentity = '';
  /** Archives that are being written, one after the other. */
  #packing: Promise<void> = Promise.resolve();
  #packings = 0;
  #hasFailed = false;
  readonly #reasons: string[] = [];
  #lastResult: string | null = null;
  #lastTrigger: Trigger | undefined;

  constructor(state: RigState, log: RigLog, starter: Starter) {
    this.spec = state.spec;
    this.state = state;
    this.log = log;
    this.#starter = starter;
    this.#gate = new TriggerGate(state.spec.restart);
    this.#results = new Results(state.spec.output);
    starter.onEndRequest((request) => this.end(request));
  }

  /** Serves the control socket in this rig's folder, or the one that is about to become it. */
  async #serve(folder: string): Promise<void> {
    this.#server = await serveControl(join(folder, 'control.sock'), async (request) => {
      if (request.command === 'status') return this.describe();
      if (request.command === 'trigger') return this.trigger();
      if (request.command === 'destroy') this.end({ by: 'rig destroy', keep: false });
      return await this.#ended.promise;
    });
  }

  /** Takes the name. Throws a UsageError when a live rig has it; `patienceMs` is for a folder that is just being removed. */
  async claim(patienceMs?: number): Promise<void> {
    const takeDown = takeDownWith((text) => this.log.warn(text));
    this.#folderIdentity = await claim(this.state, takeDown, (folder) => this.#serve(folder), patienceMs);
  }

  /** Makes what somebody has removed from /run/rig again. Rejects when that cannot be. */
  async #restore(): Promise<void> {
    const isOwner = ownsFolder(this.state) || (await repairOwner(this.state, this.#folderIdentity));
    const isServed = isOwner && existsSync(controlSocket(this.spec.id));
    if (!isServed) await this.#closeServer();
    // It is tried again soon.
    if (!isOwner) await this.claim(0);
    else if (!isServed) await this.#serve(stateFolder(this.spec.id));
    this.#saveProgress();
  }

  /** Acts as if the condition had been met; no cooldown and no limit holds a user back. Throws a RigError when it cannot. */
  trigger(): RigStatus {
    if (!this.#isArmed) throw new RigError('is not armed yet');
    if (this.#gate.isOver || this.#end) throw new RigError('has triggered or is ending already');
    if (this.#waiting.length > 0) throw new RigError('a trigger is waiting already');
    this.#take(factsWithoutLine('rig trigger', 'a user asked for it'));
    return this.describe();
  }

  /** What the rig is and how far it has got. */
  describe(): RigStatus {
    const status = !this.#isArmed ? 'starting' : this.#isCollecting ? 'triggered' : 'watching';
    return { ...this.#row(), status, sources: this.#watch?.status() ?? [] };
  }

  #row(): RigRow {
    return rowOf(this.state, this.#progress());
  }

  #progress(): Progress {
    const { triggers, restartsLeft } = this.#gate;
    return {
      triggers,
      restartsLeft,
      ...this.#gate.limits(performance.now()),
      triggered: this.#triggered ? isoTime(this.#triggered) : null,
      archive: this.#lastResult,
      archives: this.#results.paths().slice(-mostTold),
    };
  }

  /** A rig that is killed leaves word of how far it had got. */
  #saveProgress(): void {
    writeProgress(this.state, this.#progress(), (error) => this.log.error(messageOf(error)));
  }

  /** Ends the rig, whatever it does. The first request decides, but what is to be discarded later is discarded. */
  end(request: EndRequest): void {
    if (!request.keep) {
      this.#hasDiscarded ||= this.#isCollecting || this.#packings > 0 || this.#waiting.length > 0;
      this.#discardRequested.abort();
    }
    if (this.#endRequest) return;
    this.#endRequest = request;
    this.log.info(`is ended by ${request.by}`);
    // What a trigger has seen is kept; the actions of several that wait would never come to an end.
    const dropped = this.#waiting.splice(this.#isCollecting ? 0 : 1);
    if (dropped.length > 0) this.log.warn(`triggers that were waiting are passed over: ${dropped.length}`);
    this.#endRequested.abort();
    this.#stopFor({ kind: 'request', request });
  }

  /** Makes the work folder and positions the monitor. Throws when that fails or the rig is ended meanwhile. */
  async arm(): Promise<void> {
    const kept = await makeWorkFolder(this.spec);
    this.#hasWorkFolder = true;
    if (kept.length > 0)
      this.#remark(`what an earlier rig "${this.spec.id}" had collected is now in ${kept.join(', ')}`);
    const { name, plan } = this.spec.monitor;
    const monitor = findMonitor(name);
    this.#arming = monitor.arm(plan, {
      fire: (facts) => this.#fire(facts),
      holdReason: () => this.#holdReason(),
      exhausted: (reason) => this.#stopFor({ kind: 'exhausted', reason }),
      remark: (text) => this.#remark(text),
      debug: (text) => this.log.debug(text),
    });
    this.#watch = await Promise.race([this.#arming, this.#endedEarly()]);
    this.#saveProgress();
    const told = this.#starter.armed();
    ownPrograms.startGuardian();
    // It begins while the user is being told.
    const warmUpOver = AbortSignal.any([this.#endRequested.signal, this.#warmUpOver.signal]);
    this.#warmingUp = warmUp(this.spec, monitor, warmUpOver);
    await Promise.race([told, this.#endedEarly()]);
    this.#isArmed = true;
    this.log.info(`watches ${this.spec.monitor.watch} for ${this.spec.monitor.condition}`);
    const { expiry } = this.spec;
    if (expiry) this.#expiry = setTimeout(() => this.#expire(expiry.triggers), expiry.afterMs);
    const isThere = () => existsSync(controlSocket(this.spec.id)) && ownsFolder(this.state);
    this.#upkeep = new Upkeep({ isThere, restore: () => this.#restore() }, this.log);
  }

  /** The rig cannot go on. */
  fail(error: Error): void {
    this.#stopFor({ kind: 'failure', error });
  }

  #stopFor(end: End): void {
    this.#end ??= end;
    this.#changed.resolve();
  }

  #holdReason(): HoldReason | undefined {
    // The one that is worked on next waits for nothing: of what is read together with its line, the next match is the next trigger.
    const waiting = this.#isCollecting ? this.#waiting.length : Math.max(0, this.#waiting.length - 1);
    return this.#gate.isOver ? undefined : this.#gate.holdReason(performance.now(), waiting);
  }

  /** The condition is met: the trigger is taken, unless it comes at a time when none is. */
  #fire(facts: TriggerFacts): 'over' | 'watching' {
    if (this.#gate.isOver || this.#end) return 'over';
    const held = this.#holdReason();
    if (held)
      this.log.info(`a trigger is passed over (${held}): ${[facts.source, facts.because].filter(Boolean).join(': ')}`);
    else this.#take(facts);
    return this.#gate.isOver ? 'over' : 'watching';
  }

  #take(facts: TriggerFacts): void {
    const at = new Date();
    this.#gate.take(performance.now());
    const trigger: Trigger = { time: isoTime(at), monitor: this.spec.monitor.name, ...facts };
    this.#waiting.push({ trigger, at, number: this.#gate.triggers });
    this.#changed.resolve();
  }

  /** The time is up: for a rig that has never triggered that is how it ends. */
  #expire(triggers: boolean): void {
    if (this.#gate.triggers > 0 || this.#end) return;
    if (triggers) this.#take(factsWithoutLine('rig', 'it expired without a trigger'));
    this.#stopFor({ kind: 'expiry' });
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

  /** Works on triggers until there will be none any more, and resolves to how the rig ended. Whatever goes wrong is in the record. */
  async live(): Promise<FinishedRecord> {
    try {
      for (let taken = await this.#nextTrigger(); taken; taken = await this.#nextTrigger()) await this.#collect(taken);
      this.#warmUpOver.abort();
      await Promise.race([this.#watch?.stop(), delay(programsMs)]);
      await Promise.all([this.#packing, this.#warmingUp]);
      await removeWorkFolder(this.spec);
      return this.#record();
    } catch (error) {
      this.log.error(`unexpected: ${error instanceof Error ? error.stack : error}`);
      const [kept] = await clearLeftover(this.spec).catch(() => []);
      this.#note({ result: kept ?? this.#lastResult, reasons: [messageOf(error)] });
      return this.#record();
    } finally {
      clearTimeout(this.#expiry);
    }
  }

  /** The next trigger to be worked on; undefined when there will be none. */
  async #nextTrigger(): Promise<TakenTrigger | undefined> {
    for (;;) {
      const taken = this.#waiting.shift();
      if (taken || this.#end || this.#gate.isOver) return taken;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }

  async #collect(taken: TakenTrigger): Promise<void> {
    const { trigger, at } = taken;
    this.#isCollecting = true;
    this.#triggered = at;
    this.#lastTrigger = trigger;
    const isLast = this.#gate.isOver && this.#waiting.length === 0;
    const collection = new Collection(taken, {
      spec: this.spec,
      log: this.log,
      watch: this.#watch,
      ended: this.#endRequested.signal,
      discarded: this.#discardRequested.signal,
      endedBy: () => this.#endRequest?.by,
    });
    const running = collection.run(async () => (isLast ? await this.#watch?.stop() : undefined));
    this.log.info(`triggered by ${[trigger.source, trigger.because, trigger.line].filter(Boolean).join(': ')}`);
    const announcing = this.#announce(trigger);
    await running;
    this.#packings++;
    // A journald that hangs must not keep the next actions waiting either.
    this.#packing = Promise.all([this.#packing.then(() => this.#pack(collection, taken.number)), announcing])
      .then(() => {})
      .finally(() => this.#packings--);
    // What triggers next does not wait for the archive, but archives must not pile up.
    if (isLast || this.#endRequest || this.#packings >= mostPackings) await this.#packing;
    this.#isCollecting = isLast;
  }

  /** Says that the rig has triggered, to who asks later and to who reads the journal; the first action has been started by then. */
  async #announce(trigger: Trigger): Promise<void> {
    await delay(saveAfterMs);
    this.#saveProgress();
    await delay(announceAfterMs);
    await announceTrigger(this.spec, trigger, this.log);
  }

  async #pack(collection: Collection, number: number): Promise<void> {
    if (this.#discardRequested.signal.aborted) return;
    const collected = await collection.pack();
    if (this.#discardRequested.signal.aborted && collected.result === null) return;
    this.#note(collected);
    if (collected.result === null) return;
    const removed = await this.#results.add(collected.result).catch((error) => {
      this.log.error(`old results cannot be removed: ${messageOf(error)}`);
      return [];
    });
    this.#saveProgress();
    for (const path of removed) this.log.info(`${path} is removed: newer ones are kept`);
    if (this.spec.restart.times !== 0) this.log.info(`trigger ${number}: ${collected.result}`);
  }

  /** Remembers what came of a trigger. */
  #note({ result, reasons }: Collected): void {
    this.#lastResult = result ?? this.#lastResult;
    if (reasons.length > 0) this.#hasFailed = true;
    this.#reasons.push(...reasons);
    this.#reasons.splice(0, this.#reasons.length - mostTold);
  }

  #record(): FinishedRecord {
    return { ...this.#row(), ...this.#outcome(), ended: isoTime(new Date()) };
  }

  /** How the rig ended, and why. */
  #outcome(): { status: EndStatus; reasons: string[] } {
    const end = this.#end;
    const reasons = this.#reasons;
    const { triggers } = this.#gate;
    if (this.#endRequest) {
      const discarded = this.#hasDiscarded ? ', what was being collected is discarded' : '';
      return { status: 'destroyed', reasons: [...reasons, `ended by ${this.#endRequest.by}${discarded}`] };
    }
    if (end?.kind === 'failure') return { status: 'failed', reasons: [...reasons, messageOf(end.error)] };
    if (end?.kind === 'exhausted' && triggers === 0) return { status: 'failed', reasons: [end.reason] };
    if (end?.kind === 'expiry') return { status: 'expired', reasons };
    return { status: this.#hasFailed ? 'failed' : 'finished', reasons };
  }

  /** Writes the record, gives the name back, and answers whoever asked for the end. */
  async finish(record: FinishedRecord): Promise<void> {
    const result = record.archive === null ? '' : `, ${record.archive}`;
    this.log.info(`${record.status}${result}${record.reasons.map((reason) => `; ${reason}`).join('')}`);
    await writeRecord(record).catch((error) => this.log.error(`the record cannot be written: ${messageOf(error)}`));
    await this.#endPrograms();
    await this.#upkeep?.stop();
    await this.#leave();
    this.#ended.resolve(record);
    await Promise.all([
      this.#closeServer(),
      announceEnd(record, this.log),
      notify(this.spec, record, this.#lastTrigger, this.log),
    ]);
  }

  /** Takes down a rig that could not be armed: nothing of it remains. */
  async abandon(): Promise<void> {
    this.#warmUpOver.abort();
    const arming = this.#arming?.then((watch) => watch.stop());
    // A journalctl that hangs is why it could not be armed, or why it would not end.
    await this.#endPrograms();
    const over = Promise.all([arming?.catch(() => 'arming is what failed'), this.#warmingUp]);
    await Promise.race([over, delay(answerMs)]);
    if (this.#hasWorkFolder) await removeWorkFolder(this.spec);
    await this.#leave();
    await this.#closeServer();
  }

  /** Ends what still runs; one in uninterruptible sleep (D) cannot be ended, and must not hold up the end. */
  async #endPrograms(): Promise<void> {
    await Promise.race([ownPrograms.endAll(), delay(programsMs)]);
  }

  /** Gives the name back. */
  async #leave(): Promise<void> {
    await release(this.state, this.#folderIdentity).catch((error) => this.log.error(messageOf(error)));
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
  preferSmallHeap();
  const owner = await ownIdentity();
  defendSelf();
  ownPrograms.setOwner(ownerMarker(owner), ['--take-down', spec.id, ownerMarker(owner)]);
  const state: RigState = { version: 2, ...owner, spec };
  const log = await openLog(spec.id, spec.debug, starter);
  const rig = new LiveRig(state, log, starter);
  // A bug must not end the watch in silence: the record says that the rig failed, and of what.
  process.on('uncaughtException', (error) => {
    log.error(`unexpected: ${error.stack}`);
    rig.fail(error);
  });
  try {
    await rig.claim();
    await rig.arm();
  } catch (error) {
    await rig.abandon();
    ownPrograms.dismissGuardian();
    throw error;
  }
  const record = await rig.live();
  await rig.finish(record);
  ownPrograms.dismissGuardian();
  return record;
}
