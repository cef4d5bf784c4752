/** What a rig knows that it could not see: gaps and their causes, for `rig info` and the manifest. */

/** A type and not an interface, so that it is JSON for the status. */
export type Gap = {
  cause: string;
  /** How often it occurred. */
  times: number;
  /** How many lines or entries are missing; null if nobody knows. */
  missing: number | null;
  /** How many bytes of a file are missing, at least. */
  missingBytes?: number;
  first: string;
  last: string;
};

/** Each rate-limited unit and kernel function is a cause of its own; a hostile one must not fill the memory. */
const mostCauses = 100;
const furtherCauses = 'further causes';

export class Gaps {
  readonly #gaps = new Map<string, Gap>();

  /** Notes that at least `bytes` of a file are missing. */
  addBytes(cause: string, bytes: number): void {
    this.add(cause);
    const gap = this.#gaps.get(cause) ?? this.#gaps.get(furtherCauses);
    if (gap) gap.missingBytes = (gap.missingBytes ?? 0) + bytes;
  }

  /** Notes a gap. `missing` undefined: nobody knows how much. Returns whether the cause is new. */
  add(cause: string, missing?: number): boolean {
    const now = new Date().toISOString();
    const key = this.#gaps.size < mostCauses || this.#gaps.has(cause) ? cause : furtherCauses;
    const known = this.#gaps.get(key);
    if (!known) this.#gaps.set(key, { cause: key, times: 1, missing: missing ?? null, first: now, last: now });
    else {
      known.times++;
      known.last = now;
      known.missing = known.missing === null || missing === undefined ? null : known.missing + missing;
    }
    return known === undefined;
  }

  /** Takes over the gaps of another one. */
  absorb(other: Gaps): void {
    for (const gap of other.list()) {
      this.add(gap.cause, gap.missing ?? undefined);
      const known = this.#gaps.get(gap.cause) ?? this.#gaps.get(furtherCauses);
      if (!known) continue;
      known.times += gap.times - 1;
      if (gap.missingBytes !== undefined) known.missingBytes = (known.missingBytes ?? 0) + gap.missingBytes;
      [known.first, known.last] = [gap.first < known.first ? gap.first : known.first, gap.last];
    }
  }

  get isEmpty(): boolean {
    return this.#gaps.size === 0;
  }

  list(): Gap[] {
    return [...this.#gaps.values()];
  }
}
