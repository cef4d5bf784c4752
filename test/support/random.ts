/** Random numbers for the tests that try what nobody thought of: the same for the same seed everywhere (mulberry32). */

/** Gives integers from 0 to 2^32 - 1. */
function integersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Gives numbers from 0 to 1, 1 excluded. */
export function randomFrom(seed: number): () => number {
  const next = integersFrom(seed);
  return () => next() / 2 ** 32;
}

/** Gives integers below a limit. */
export function randomBelow(seed: number): (limit: number) => number {
  const next = integersFrom(seed);
  return (limit) => next() % limit;
}

/**
 * The seeds of a random test: always 1 to `few`, so that a run can be repeated. RIG_TEST_SEEDS=N gives N times as many, others each
 * time (npm run test:long sets it), and RIG_TEST_SEED=N only that one. `found` are seeds that have failed once.
 */
export function seedsFor(few: number, found: readonly number[] = []): number[] {
  const { RIG_TEST_SEED: only, RIG_TEST_SEEDS: times } = process.env;
  if (only !== undefined) return [Number(only)];
  const first = times === undefined ? 1 : Date.now() % 1_000_000;
  return [...found, ...Array.from({ length: few * Number(times ?? 1) }, (_, index) => first + index)];
}
