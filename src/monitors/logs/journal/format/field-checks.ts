/** Checks on the values of fields, made once for each value however many entries have it. */

/** A check on the values of one field. */
export interface FieldCheck {
  field: string;
  /** `value` is a view on a reused buffer. The answer must depend on nothing but the value. */
  test(value: Buffer): boolean;
}

/** How many checks fit into one number. */
export const mostChecks = 31;

/** Up to 31 checks that are made together. The answer is one number: bit n is set if check n is passed. */
export class FieldChecks {
  readonly #checks: Array<{ prefix: Buffer; bit: number; test(value: Buffer): boolean }>;

  constructor(checks: readonly FieldCheck[]) {
    if (checks.length > mostChecks) throw new RangeError(`at most ${mostChecks} checks can be made together`);
    this.#checks = checks.map(({ field, test }, index) => ({
      prefix: Buffer.from(`${field}=`, 'latin1'),
      bit: 1 << index,
      test,
    }));
  }

  /** Which checks a `FIELD=value` passes. */
  examine(payload: Buffer): number {
    let passed = 0;
    for (const { prefix, bit, test } of this.#checks)
      if (startsWith(payload, prefix) && test(payload.subarray(prefix.length))) passed |= bit;
    return passed;
  }
}

/** Whether a `FIELD=value` is of the field whose name and `=` are given. */
export function startsWith(payload: Buffer, prefix: Buffer): boolean {
  if (payload.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) if (payload[index] !== prefix[index]) return false;
  return true;
}

const fewestSlots = 1024;
const mostSlots = 65536;

/**
 * Remembers which checks the DATA objects of a file passed, by their offsets. Each offset has one slot, which others share: a
 * value that lost its slot is checked again.
 */
export class Verdicts {
  #offsets = new Float64Array(fewestSlots);
  #passed = new Int32Array(fewestSlots);
  #stored = 0;

  /** What the DATA object at an offset passed, or -1 where that is not known. */
  get(offset: number): number {
    const slot = this.#slotOf(offset);
    return this.#offsets[slot] === offset ? (this.#passed[slot] as number) : -1;
  }

  set(offset: number, passed: number): void {
    if (++this.#stored > this.#offsets.length && this.#offsets.length < mostSlots) this.#grow();
    const slot = this.#slotOf(offset);
    this.#offsets[slot] = offset;
    this.#passed[slot] = passed;
  }

  /** Objects begin at multiples of eight. */
  #slotOf(offset: number): number {
    return (offset / 8) & (this.#offsets.length - 1);
  }

  /** Begins with larger, empty tables: to check a value again costs less than to sort it in. */
  #grow(): void {
    const size = this.#offsets.length * 4;
    this.#offsets = new Float64Array(size);
    this.#passed = new Int32Array(size);
    this.#stored = 0;
  }
}
