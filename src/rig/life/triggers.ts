/** Which met conditions make a trigger, and which trigger is next. */
import { RigError } from '../../errors.ts';
import type { Clock } from '../../host/clock.ts';
import type { Trigger } from '../../plugin.ts';
import { mostKinds } from '../condition/distinct.ts';
import { Hold, type HoldReason } from '../condition/hold.ts';
import { type Met, metWithout } from '../condition/met.ts';
import type { MetBy } from '../condition/together.ts';
import type { RigLog } from '../log/log.ts';
import { isoTime, isoTimeAt } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';
import { settled } from '../records/trigger.ts';

/** A trigger to work on. */
export interface TakenTrigger {
  trigger: Trigger;
  at: Date;
  /** Counted from 1. */
  number: number;
}

export class Triggers {
  readonly hold: Hold;
  readonly #clock: Clock;
  readonly #log: Pick<RigLog, 'info'>;
  readonly #onTaken: (taken: TakenTrigger) => void;
  readonly #waiting: TakenTrigger[] = [];
  #isWorking = false;
  #isEnded = false;
  /** How many triggers were passed over since the last one. */
  #passedOver = 0;
  /** Why the last trigger was passed over, if it was. */
  #heldFor: HoldReason | undefined;
  #changed = Promise.withResolvers<void>();

  /** `onTaken` is called in the very event-loop turn of the trigger. */
  constructor(spec: RigSpec, clock: Clock, log: Pick<RigLog, 'info'>, onTaken: (taken: TakenTrigger) => void) {
    const isDistinct = spec.monitors.some(({ when }) => when.distinct !== undefined);
    this.hold = new Hold(spec.restart, clock, isDistinct ? mostKinds : 1);
    this.#clock = clock;
    this.#log = log;
    this.#onTaken = onTaken;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether no further trigger is taken: the last one has come, or the rig ends. */
  get isOver(): boolean {
    return this.hold.isOver || this.#isEnded;
  }

  /** A condition is met: takes a trigger, or returns why not. */
  offer(by: MetBy): string | undefined {
    if (this.isOver) return 'the rig ends';
    // While none is being worked on, the first is about to start and does not count as waiting.
    const held = this.hold.reason(this.#isWorking ? this.waiting : Math.max(0, this.waiting - 1));
    if (held === undefined) this.take(by);
    else this.#tellHeld(held, by);
    return held;
  }

  /** Logs each reason once until the next trigger: in a burst, every match may be passed over. */
  #tellHeld(held: HoldReason, by: MetBy): void {
    this.#passedOver++;
    if (this.#heldFor === held) return;
    this.#heldFor = held;
    const { subject, because } = by.read();
    const endsMs = this.hold.endsMs(held);
    const until = endsMs === undefined ? '' : ` until ${isoTimeAt(this.#clock, endsMs)}`;
    this.#log.info(`a trigger is passed over (${held}${until}): ${[subject, because].filter(Boolean).join(': ')}`);
  }

  /** Logs how many triggers were passed over since the last one. */
  #tellPassedOver(): void {
    if (this.#passedOver > 1) this.#log.info(`triggers passed over since the last one: ${this.#passedOver}`);
    this.#passedOver = 0;
    this.#heldFor = undefined;
  }

  /** Takes a trigger. */
  take({ monitor, read }: MetBy): void {
    this.hold.take();
    const at = new Date(this.#clock.dateMs());
    const { atMs: _, earlier: first, process: known, facts = {}, ...rest } = read();
    const earlier = first && this.#tellEarlier(first);
    const process = known && settled(known);
    const trigger: Trigger = { time: isoTime(at), monitor, ...rest, earlier, process, facts };
    const taken = { trigger, at, number: this.hold.triggers };
    this.#waiting.push(taken);
    this.#onTaken(taken);
    this.#tellPassedOver();
    this.#changed.resolve();
  }

  #tellEarlier({ subject, text, atMs }: Met): NonNullable<Trigger['earlier']> {
    return { subject, text, time: isoTimeAt(this.#clock, atMs) };
  }

  /** Takes a trigger for a user, whatever cooldown and limits say. Throws a RigError if it cannot. */
  takeForUser(): void {
    if (this.isOver) throw new RigError('has triggered or is ending already');
    if (this.waiting > 0) throw new RigError('a trigger is waiting already');
    this.takeNow('rig trigger', 'a user asked for it');
  }

  /** Takes a trigger that no condition made. */
  takeNow(subject: string, because: string): void {
    this.take({ monitor: 'rig', read: () => metWithout(subject, because, this.#clock.nowMs(), 0) });
  }

  /** Takes no further trigger. Those that wait still have their turn. */
  end(): void {
    this.#isEnded = true;
    this.#tellPassedOver();
    this.#changed.resolve();
  }

  /** Drops the triggers that wait, but not one that is about to start. Returns how many. */
  drop(): number {
    return this.#waiting.splice(this.#isWorking ? 0 : 1).length;
  }

  /** The next trigger to work on; undefined when no more can come. */
  async next(): Promise<TakenTrigger | undefined> {
    this.#isWorking = false;
    for (;;) {
      const taken = this.#waiting.shift();
      if (taken) this.#isWorking = true;
      if (taken || this.isOver) return taken;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }
}
