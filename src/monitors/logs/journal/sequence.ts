/** Proves that no entry is missing: journald numbers what it stores, one by one. */
import type { EntryNumber } from './cursor.ts';

/** Numbers that were passed over. */
interface Hole {
  first: number;
  last: number;
  /** The round in which it was found; undefined: it has been claimed to be missing. */
  round: number | undefined;
}

/** What was seen of the numbers that one journald gives: all up to `highest` but those in the holes. */
export class Chain {
  #highest: number;
  #holes: Hole[] = [];

  constructor(highest: number) {
    this.#highest = highest;
  }

  get highest(): number {
    return this.#highest;
  }

  /**
   * An entry was seen; `round` is when, in whatever the caller counts, or undefined where what was passed over has been claimed
   * to be missing; `previous` is the number of the entry before it in its file: journald goes on where the file is, if that is
   * further on than itself.
   */
  note(number: number, round: number | undefined, previous = Number.NaN): void {
    if (number === this.#highest + 1 || (number > this.#highest && number === previous + 1)) this.#highest = number;
    else if (number > this.#highest) {
      this.#holes.push({ first: this.#highest + 1, last: number - 1, round });
      this.#highest = number;
    } else if (this.#holes.length > 0) this.#fill(number);
  }

  has(number: number): boolean {
    return number <= this.#highest && !this.#holes.some(({ first, last }) => first <= number && number <= last);
  }

  get hasHoles(): boolean {
    return this.#holes.some(({ round }) => round !== undefined);
  }

  /** How many numbers are missing that were so before a round; they are not counted again. */
  claimMissing(beforeRound: number): number {
    let missing = 0;
    for (const hole of this.#holes) {
      if (hole.round === undefined || hole.round >= beforeRound) continue;
      hole.round = undefined;
      missing += hole.last - hole.first + 1;
    }
    return missing;
  }

  #fill(number: number): void {
    this.#holes = this.#holes.flatMap((hole) => {
      if (number < hole.first || number > hole.last) return [hole];
      const parts = [
        { ...hole, last: number - 1 },
        { ...hole, first: number + 1 },
      ];
      return parts.filter(({ first, last }) => first <= last);
    });
  }
}

export class JournalSequence {
  readonly #chains = new Map<string, Chain>();
  #latest: number | undefined;
  #breaks = 0;

  /** How often the numbers began anew, so that nothing follows from them. */
  get breaks(): number {
    return this.#breaks;
  }

  /** How many entries are missing before this one, where they are read in order: undefined where the numbers do not say. */
  missingBefore({ numbering, number }: EntryNumber): number | undefined {
    const chain = this.#chains.get(numbering);
    if (chain) return Math.max(0, number - chain.highest - 1);
    // A new chain of files goes on counting where journald was, unless journald was killed.
    return this.#latest === undefined || number === this.#latest + 1 ? 0 : undefined;
  }

  /**
   * An entry was seen that is read in order, and what was missing before it has been claimed; undefined: one whose cursor has no
   * number.
   */
  note(found: EntryNumber | undefined): void {
    if (!found || this.missingBefore(found) === undefined) this.#breaks++;
    if (!found) return;
    this.#latest = found.number;
    this.chain(found.numbering, found.number - 1).note(found.number, undefined);
  }

  /** The numbering of that name; a new one counts as seen up to a number. */
  chain(numbering: string, seenUpTo: number): Chain {
    const known = this.#chains.get(numbering);
    if (known) return known;
    const chain = new Chain(seenUpTo);
    this.#chains.set(numbering, chain);
    return chain;
  }

  /** The numbering of that name, if there is one. */
  known(numbering: string): Chain | undefined {
    return this.#chains.get(numbering);
  }

  /** Entries with another numbering are numbered by the same journald: each user's file has a numbering of its own. */
  join(numbering: string, chain: Chain): void {
    this.#chains.set(numbering, chain);
  }

  /** A numbering was found whose beginning nobody has seen. */
  noteBreak(): void {
    this.#breaks++;
  }

  /** Whether a number has been noted, or one behind it where they are read in order. */
  hasReached({ numbering, number }: EntryNumber): boolean {
    return (this.#chains.get(numbering)?.highest ?? -1) >= number;
  }

  /** Whether the entry of a number has been seen. */
  hasSeen({ numbering, number }: EntryNumber): boolean {
    return this.#chains.get(numbering)?.has(number) ?? false;
  }

  /** Whether numbers are missing that may still come. */
  get hasHoles(): boolean {
    return this.#chains.values().some((chain) => chain.hasHoles);
  }

  /** How many entries are missing for good: they were so before a round. */
  claimMissing(beforeRound: number): number {
    return new Set(this.#chains.values()).values().reduce((sum, chain) => sum + chain.claimMissing(beforeRound), 0);
  }
}
