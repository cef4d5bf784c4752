/** A rig that lives: it takes its name, waits for triggers, works on them and ends. */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, RigError } from '../../errors.ts';
import type { Cancel } from '../../host/clock.ts';
import { takeSpareDescriptors } from '../../host/limits.ts';
import { ownPrograms } from '../../host/programs/own-programs.ts';
import { isHostGoingDown } from '../../host/shutdown.ts';
import type { Plugins, Trigger } from '../../plugin.ts';
import { Collection } from '../collect/collection.ts';
import { clearLeftover, makeWorkFolder, removeWorkFolder } from '../collect/work-folder.ts';
import { announceTrigger } from '../log/announce.ts';
import type { RigLog } from '../log/log.ts';
import { controlSocket, isoTime } from '../records/paths.ts';
import {
  endWords,
  type FinishedRecord,
  type LiveStatus,
  type Progress,
  type RigState,
  rowOf,
} from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import type { Request } from '../wire/control.ts';
import { Armed } from './armed.ts';
import { askedEnd, type EndRequest, endSignal, recordOf } from './end.ts';
import { Ending } from './ending.ts';
import { Packing } from './packing.ts';
import { Presence } from './presence.ts';
import type { RigStatus, Starter } from './starter.ts';
import { type TakenTrigger, Triggers } from './triggers.ts';
import { startUpkeep } from './upkeep.ts';
import { warmUp } from './warm-up.ts';

/** How long programs may take to end: longer than their grace between SIGTERM and SIGKILL. */
const programsMs = 5000;

/** How long after a trigger it is saved, and how long after that it is logged: the first action comes first. */
const saveAfterMs = 10;
const announceAfterMs = 40;

export class LiveRig {
  readonly #state: RigState;
  readonly #spec: RigSpec;
  readonly #log: RigLog;
  readonly #starter: Starter;
  readonly #ending = new Ending();
  readonly #armed: Armed;
  readonly #presence: Presence;
  readonly #triggers: Triggers;
  readonly #packing: Packing;
  #status: LiveStatus = 'starting';
  #lastTaken: TakenTrigger | undefined;
  readonly #ended = Promise.withResolvers<FinishedRecord>();
  /** To be cancelled when it ends. */
  readonly #timers: Cancel[] = [];
  #warmingUp: Promise<void> = Promise.resolve();

  constructor(state: RigState, log: RigLog, starter: Starter, plugins: Plugins) {
    const { spec } = state;
    [this.#state, this.#spec, this.#log, this.#starter] = [state, spec, log, starter];
    this.#armed = new Armed({
      spec,
      plugins,
      log,
      ending: this.#ending,
      onMet: (by) => this.#triggers.offer(by),
      onExhausted: (reason) => this.#ending.stopFor({ kind: 'exhausted', reason }),
      remark: (text) => this.#remark(text),
    });
    this.#presence = new Presence(state, log);
    this.#triggers = new Triggers(spec, this.#armed.clock, log, (taken) => this.#onTaken(taken));
    this.#packing = new Packing(spec, log, () => this.#save());
    this.#ending.over.addEventListener('abort', takeSpareDescriptors());
    this.#ending.over.addEventListener('abort', () => this.#triggers.end());
    starter.onEndRequest((request) => this.end(request));
  }

  /** Takes the name. Throws a UsageError if a live rig has it. */
  async claim(): Promise<void> {
    await this.#presence.claim((request) => this.#answer(request));
  }

  async #answer(request: Request): Promise<unknown> {
    const { command } = request;
    if (command === 'status') return this.#describe();
    if (command === 'trigger') return this.#triggerNow();
    if (command === 'stop' || command === 'destroy') this.end(askedEnd(this.#spec, request, this.#collectingSince));
    return await this.#ended.promise;
  }

  /** Makes the work folder and arms actions and monitors. Throws if that fails, or if somebody ends the rig meanwhile. */
  async arm(): Promise<void> {
    const spec = this.#spec;
    const ended = this.#ending.rejectOnEnd();
    const kept = await makeWorkFolder(spec);
    if (kept.length > 0) this.#remark(`what an earlier rig "${spec.id}" had collected is now in ${kept.join(', ')}`);
    await Promise.race([this.#armed.arm(), ended]);
    this.#save();
    const told = this.#starter.armed();
    ownPrograms.startGuardian();
    // While the user is being told.
    this.#warmingUp = warmUp(spec, this.#armed, this.#ending);
    await Promise.race([told, ended]);
    this.#status = 'watching';
    for (const { watch, condition } of spec.monitors) this.#log.info(`watches ${watch} for ${condition}`);
    const { expiry } = spec;
    if (expiry) this.#timers.push(this.#armed.clock.after(expiry.afterMs, () => this.#expire(expiry.triggers)));
    this.#timers.push(startUpkeep(this.#armed.clock, controlSocket(spec.id), this.#log));
  }

  /** Since when a trigger is worked on, waits for it, or is packed; undefined if none is. */
  get #collectingSince(): string | undefined {
    const isBusy = this.#status === 'collecting' || this.#packing.isBusy || this.#triggers.waiting > 0;
    return isBusy ? isoTime(this.#lastTaken?.at ?? new Date()) : undefined;
  }

  /** Somebody ends the rig. */
  end(request: EndRequest): void {
    const isBusy = this.#collectingSince !== undefined;
    // Triggers that wait are dropped: all their actions would take too long.
    const dropped = this.#triggers.drop();
    if (this.#ending.request(request, isBusy)) this.#log.info(`is ended by ${request.by}`);
    if (dropped > 0) this.#log.warn(`triggers that were waiting are passed over: ${dropped}`);
  }

  /** The rig cannot go on. */
  fail(error: unknown): void {
    this.#ending.fail(error);
  }

  /** In the very event-loop turn of the trigger. */
  #onTaken({ trigger }: TakenTrigger): void {
    if (this.#triggers.isOver) this.#ending.stopWatching();
    this.#armed.atOnce(trigger);
  }

  #triggerNow(): RigStatus {
    if (this.#status === 'starting') throw new RigError('is not armed yet');
    this.#triggers.takeForUser();
    return this.#describe();
  }

  /** --expires: a rig that has never triggered ends now. */
  #expire(triggers: boolean): void {
    if (this.#triggers.hold.triggers > 0 || this.#triggers.isOver) return;
    if (triggers) this.#triggers.takeNow('rig', 'it expired without a trigger');
    this.#ending.stopFor({ kind: 'expiry' });
  }

  #remark(text: string): void {
    this.#log.warn(text);
    this.#starter.remark(text);
  }

  /** Works on triggers until no more can come. Never rejects: what goes wrong is in the record. */
  async live(): Promise<FinishedRecord> {
    try {
      await Promise.race([this.#work(), this.#ending.giveUp()]);
    } catch (error) {
      this.#log.bug(error);
      const [kept = null] = await clearLeftover(this.#spec).catch(() => []);
      this.#packing.note({ result: kept, reasons: [messageOf(error)] });
    }
    for (const cancel of this.#timers) cancel();
    const { end, by, hasDiscarded } = this.#ending;
    const isShutdown = by === endSignal && (await isHostGoingDown().catch(() => false));
    return recordOf(this.#state, this.#progress(), end, { ...this.#packing.failures, hasDiscarded, isShutdown });
  }

  async #work(): Promise<void> {
    for (let taken = await this.#triggers.next(); taken; taken = await this.#triggers.next())
      await this.#collect(taken);
    this.#ending.stopWatching();
    await Promise.race([this.#armed.stop(), delay(programsMs)]);
    await this.#packing.whenDone();
    await this.#armed.disk.use(() => this.#warmingUp.then(() => removeWorkFolder(this.#spec)));
  }

  async #collect(taken: TakenTrigger): Promise<void> {
    this.#status = 'collecting';
    this.#lastTaken = taken;
    const { trigger } = taken;
    const isLast = this.#triggers.isOver && this.#triggers.waiting === 0;
    const [spec, log, armed, ending] = [this.#spec, this.#log, this.#armed, this.#ending];
    const collection = new Collection(taken, { spec, log, armed, ending });
    const running = collection.run();
    log.info(`triggered by ${[trigger.subject, trigger.because, trigger.text].filter(Boolean).join(': ')}`);
    const announcing = announce(spec.id, trigger, log, () => this.#save());
    await running;
    this.#packing.add(collection, ending.discarded, announcing);
    // The next trigger does not wait for the archive.
    if (isLast || ending.end || this.#packing.isFull) await this.#packing.whenDone();
    if (!isLast) this.#status = 'watching';
  }

  /** What the rig is and how far it has got. */
  #describe(): RigStatus {
    const { gaps } = this.#armed;
    return { ...rowOf(this.#state, this.#progress()), status: this.#status, sources: this.#armed.status(), gaps };
  }

  #progress(): Progress {
    const triggered = this.#lastTaken ? isoTime(this.#lastTaken.at) : null;
    const { lastResult, results } = this.#packing;
    return { triggered, ...this.#triggers.hold.progress(), archive: lastResult, archives: results };
  }

  /** Notes how far the rig has got, in case it is killed. */
  #save(): void {
    this.#presence.save(this.#progress());
  }

  /**
   * Writes the record, gives the name back, and answers those who wait for the end. Resolves to whether nothing is left to do: without
   * a record, whoever takes the rig down tells of its end.
   */
  async finish(record: FinishedRecord): Promise<boolean> {
    this.#log.info(endWords(record));
    const isRecorded = await this.#presence.record(record);
    if (record.triggers > 0) await this.#armed.afterRecord(this.#ending.ended);
    await endPrograms();
    const hasLeft = isRecorded && (await this.#presence.leave());
    this.#ended.resolve(record);
    const telling = isRecorded ? this.#presence.announce(record, this.#lastTaken?.trigger) : undefined;
    await Promise.all([this.#presence.close(), telling]);
    return hasLeft;
  }

  /** Removes everything of a rig that could not be armed. */
  async abandon(): Promise<void> {
    this.#ending.stopWatching();
    // First the programs: a journalctl that hangs would keep its monitor from stopping.
    await endPrograms();
    await Promise.race([Promise.all([this.#armed.stop(), this.#warmingUp]), delay(programsMs)]);
    await removeWorkFolder(this.#spec);
    await this.#presence.leave();
    await this.#presence.close();
  }
}

/** Saves and logs a trigger. Its first action runs already. */
async function announce(id: string, trigger: Trigger, log: RigLog, save: () => void): Promise<void> {
  await delay(saveAfterMs);
  save();
  await delay(announceAfterMs);
  await announceTrigger(id, trigger, log);
}

/** Ends all programs. One in uninterruptible sleep (D) cannot be ended, and must not hold up the end. */
async function endPrograms(): Promise<void> {
  await Promise.race([ownPrograms.endAll(), delay(programsMs)]);
}
