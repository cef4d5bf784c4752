/** `--distinct N`: each kind of sighting has a condition of its own and makes at most N triggers. */
import type { Sighting } from '../../plugin.ts';
import { kindOf } from './kind.ts';
import type { EventCondition, OnMet } from './met.ts';

/** Sightings of further kinds are passed over: each kind takes memory, and disk for its result. */
export const mostKinds = 1000;

interface Kind {
  condition: EventCondition;
  captured: number;
}

export class Distinct implements EventCondition {
  matches = 0;
  readonly #captures: number;
  readonly #make: (onMet: OnMet) => EventCondition;
  readonly #onMet: OnMet;
  readonly #kinds = new Map<string, Kind>();

  constructor(captures: number, make: (onMet: OnMet) => EventCondition, onMet: OnMet) {
    this.#captures = captures;
    this.#make = make;
    this.#onMet = onMet;
  }

  take(sighting: Sighting): string | undefined {
    const name = kindOf(sighting.kind ?? sighting.text);
    const kind = this.#kinds.get(name) ?? this.#add(name);
    if (!kind) return 'of too many kinds';
    if (kind.captured >= this.#captures) return 'its kind is captured';
    this.matches += sighting.times ?? 1;
    return kind.condition.take(sighting);
  }

  #add(name: string): Kind | undefined {
    if (this.#kinds.size >= mostKinds) return undefined;
    const condition = this.#make((read) => {
      const isTaken = this.#onMet(() => {
        const met = read();
        return { ...met, facts: { ...met.facts, kind: name } };
      });
      if (isTaken) kind.captured++;
      return isTaken;
    });
    const kind: Kind = { condition, captured: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }
}
