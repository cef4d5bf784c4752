/** Reading in slices: after some milliseconds everything else in this process has its turn. */

const sliceMs = 5;

/**
 * Begins a slice. Ask the answer for each entry, one of which may take long: it says whether the slice is used up. The first
 * entry always has its turn.
 */
export function startSlice(): () => boolean {
  const endMs = performance.now() + sliceMs;
  let isFirst = true;
  return () => {
    const isUsedUp = !isFirst && performance.now() >= endMs;
    isFirst = false;
    return isUsedUp;
  };
}
