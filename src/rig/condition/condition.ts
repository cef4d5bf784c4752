/** The condition of one monitor: takes what the monitor sees and says when it is met. */
import type { Clock } from '../../host/clock.ts';
import type { Reading, Sighting, SourceStatus } from '../../plugin.ts';
import type { ConditionRules } from '../records/spec.ts';
import { makeEventCondition } from './events.ts';
import { Levels } from './levels.ts';
import type { EventCondition, OnMet } from './met.ts';

/** How much is shown of a text that was passed over. */
const shownCharacters = 200;

export class Condition {
  readonly #events: EventCondition;
  readonly #levels: Levels;
  readonly #passedOver = new Map<string, number>();
  #lastPassedOver: string | undefined;

  /** `lateMs` says how late a sighting may still come. */
  constructor(rules: ConditionRules, clock: Clock, onMet: OnMet, lateMs: () => number) {
    this.#events = makeEventCondition(rules, clock, onMet, lateMs);
    this.#levels = new Levels(rules, onMet);
  }

  /** The monitors watch from now on: an absence begins. */
  start(): void {
    this.#events.start?.();
  }

  saw(sighting: Sighting): void {
    const reason = this.#events.take(sighting);
    if (reason !== undefined) this.passOver(reason);
  }

  level(reading: Reading): void {
    this.#levels.take(reading);
  }

  gone(subject: string): void {
    this.#levels.gone(subject);
  }

  /** Counts by its reason what does not count as a match. */
  passOver(reason: string, text?: string): void {
    this.#passedOver.set(reason, (this.#passedOver.get(reason) ?? 0) + 1);
    if (text !== undefined) this.#lastPassedOver = `${reason}: ${text.slice(0, shownCharacters)}`;
  }

  stop(): void {
    this.#events.stop?.();
  }

  /** How often it matched, and how much was passed over for which reason. */
  status(): SourceStatus {
    return {
      source: 'condition',
      matches: this.#events.matches,
      passedOver: Object.fromEntries(this.#passedOver),
      ...(this.#lastPassedOver === undefined ? {} : { lastPassedOver: this.#lastPassedOver }),
    };
  }
}
