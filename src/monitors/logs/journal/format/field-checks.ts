/** Tests of values, each done once for a value however many entries have it. */

/** A test of the values of one field. */
export interface DataTest {
  field: string;
  /** `value` is a view on a reused buffer. The answer must depend on nothing but the value. */
  test(value: Buffer): boolean;
}

/** Up to 31 tests that are done together: what they say is one number, in which bit n is set if test n is passed. */
export class DataTests {
  readonly #tests: Array<{ prefix: Buffer; bit: number; test(value: Buffer): boolean }>;

  constructor(tests: readonly DataTest[]) {
    if (tests.length > 31) throw new RangeError('at most 31 tests can be done together');
    this.#tests = tests.map(({ field, test }, index) => ({
      prefix: Buffer.from(`${field}=`, 'latin1'),
      bit: 1 << index,
      test,
    }));
  }

  /** What the tests say of a `FIELD=value`. */
  examine(payload: Buffer): number {
    let passed = 0;
    for (const { prefix, bit, test } of this.#tests)
      if (startsWith(payload, prefix) && test(payload.subarray(prefix.length))) passed |= bit;
    return passed;
  }
}

/** Whether a payload is of the field whose name and `=` are given. */
export function startsWith(payload: Buffer, prefix: Buffer): boolean {
  if (payload.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) if (payload[index] !== prefix[index]) return false;
  return true;
}

const fewestSlots = 1024;
const mostSlots = 65536;

/**
 * Remembers what tests said of the DATA objects of a file, by their offsets. Of two that share a slot the later one stays:
 * what was forgotten is tested again.
 */
export class Verdicts {
  #offsets = new Float64Array(fewestSlots);
  #passed = new Int32Array(fewestSlots);
  #stored = 0;

  /** What was said of the DATA object at an offset, or -1 where it is not known. */
  get(offset: number): number {
    // Objects begin at multiples of eight.
    const slot = (offset / 8) & (this.#offsets.length - 1);
    return this.#offsets[slot] === offset ? (this.#passed[slot] as number) : -1;
  }

  set(offset: number, passed: number): void {
    if (++this.#stored > this.#offsets.length && this.#offsets.length < mostSlots) this.#grow();
    const slot = (offset / 8) & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#passed[slot] = passed;
  }

  #grow(): void {
    const size = this.#offsets.length * 4;
    // What was known is tested anew: that costs less than to sort it in.
    this.#offsets = new Float64Array(size);
    this.#passed = new Int32Array(size);
    this.#stored = 0;
  }
}
