/** Proves that no entry is missing: journald numbers what it stores, one by one. */
import type { EntryNumber } from './cursor.ts';

/** Numbers that were passed over. */
interface Hole {
  first: number;
  last: number;
  /** The round in which it was found; undefined once it is known to be missing. */
  round: number | undefined;
}

/** The numbers of one journald that were seen: all up to `highest`, except those in the holes. */
export class Chain {
  highest: number;
  #holes: Hole[] = [];

  constructor(highest: number) {
    this.highest = highest;
  }

  /**
   * Notes an entry. `round` is counted by the caller; undefined if what was passed over is known to be missing. `previous` is
   * the number of the entry before it in its file: journald may jump ahead to where the file is, and then nothing is missing.
   */
  note(number: number, round: number | undefined, previous = Number.NaN): void {
    if (number === this.highest + 1 || (number > this.highest && number === previous + 1)) this.highest = number;
    else if (number > this.highest) {
      this.#holes.push({ first: this.highest + 1, last: number - 1, round });
      this.highest = number;
    } else if (this.#holes.length > 0) this.#fill(number);
  }

  has(number: number): boolean {
    return number <= this.highest && !this.#holes.some(({ first, last }) => first <= number && number <= last);
  }

  /** Whether numbers are missing that may still come. */
  get hasHoles(): boolean {
    return this.#holes.some(({ round }) => round !== undefined);
  }

  /** Returns how many numbers have been missing since before a round. They are counted once. */
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

/** All numberings of a journal. Several may share a chain, since one journald numbers the entries of all users' files. */
export class JournalSequence {
  readonly #chains = new Map<string, Chain>();
  #latest: number | undefined;
  /** How often the numbers began anew, so that they prove nothing. */
  breaks = 0;

  /** How many entries are missing before this one, when entries are read in order; undefined where the numbers do not say. */
  missingBefore({ numbering, number }: EntryNumber): number | undefined {
    const chain = this.#chains.get(numbering);
    if (chain) return Math.max(0, number - chain.highest - 1);
    // A new numbering goes on where journald was, unless journald was killed.
    return this.#latest === undefined || number === this.#latest + 1 ? 0 : undefined;
  }

  /** Notes an entry that is read in order. What is missing before it stays so. */
  note(found: EntryNumber): void {
    if (this.missingBefore(found) === undefined) this.breaks++;
    this.#latest = found.number;
    this.chain(found.numbering, found.number - 1).note(found.number, undefined);
  }

  /** Notes an entry that is read in order, where those before it were not asked for. */
  skipTo({ numbering, number }: EntryNumber): void {
    this.chain(numbering, number).note(number, undefined, number - 1);
  }

  /** The chain of a numbering; a new one counts as seen up to a number. */
  chain(numbering: string, seenUpTo: number): Chain {
    const known = this.#chains.get(numbering) ?? new Chain(seenUpTo);
    this.#chains.set(numbering, known);
    return known;
  }

  /** The chain of a numbering, if there is one. */
  known(numbering: string): Chain | undefined {
    return this.#chains.get(numbering);
  }

  /** Makes a numbering share a chain. */
  join(numbering: string, chain: Chain): void {
    this.#chains.set(numbering, chain);
  }

  /** Whether the entry with a number was seen. */
  hasSeen({ numbering, number }: EntryNumber): boolean {
    return this.#chains.get(numbering)?.has(number) ?? false;
  }

  /** Whether numbers are missing that may still come. */
  get hasHoles(): boolean {
    return this.#chains.values().some((chain) => chain.hasHoles);
  }

  /** How many entries have been missing since before a round. They are counted once. */
  claimMissing(beforeRound: number): number {
    return new Set(this.#chains.values()).values().reduce((sum, chain) => sum + chain.claimMissing(beforeRound), 0);
  }
}
