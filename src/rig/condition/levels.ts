/** When a level makes a trigger: at once, after some time, or after some looks in a row. */
import type { Reading } from '../../plugin.ts';
import type { ConditionRules } from '../records/spec.ts';
import type { OnMet } from './met.ts';

/** A level that is met. */
interface Level {
  sinceMs: number;
  looks: number;
  /** It makes no other trigger until it has been false. */
  hasTriggered: boolean;
}

export class Levels {
  readonly #forMs: number;
  readonly #cycles: number;
  readonly #onMet: OnMet;
  /** The levels that are met, by subject and figure. */
  readonly #met = new Map<string, Map<string, Level>>();

  constructor({ forMs, cycles }: Pick<ConditionRules, 'forMs' | 'cycles'>, onMet: OnMet) {
    this.#forMs = forMs;
    this.#cycles = cycles;
    this.#onMet = onMet;
  }

  take(reading: Reading): void {
    const { subject, figure, isMet, atMs, value, limit, process } = reading;
    const figures = this.#met.get(subject) ?? new Map<string, Level>();
    if (!isMet) {
      figures.delete(figure);
      if (figures.size === 0) this.#met.delete(subject);
      return;
    }
    const level = figures.get(figure) ?? { sinceMs: atMs, looks: 0, hasTriggered: false };
    figures.set(figure, level);
    this.#met.set(subject, figures);
    level.looks++;
    if (level.hasTriggered || level.looks < this.#cycles || atMs - level.sinceMs < this.#forMs) return;
    const facts = { figure, value, limit, forMs: Math.round(atMs - level.sinceMs), looks: level.looks };
    const met = { subject, text: `${figure} ${value}`, atMs, matches: level.looks, process, facts };
    level.hasTriggered = this.#onMet(() => met);
  }

  /** The subject has gone: none of its levels is met. */
  gone(subject: string): void {
    this.#met.delete(subject);
  }
}
