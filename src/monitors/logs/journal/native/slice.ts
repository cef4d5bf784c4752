/** Reading in slices: after some milliseconds everything else in this process has its turn. */

const sliceMs = 5;
/** How many entries are read between two looks at the clock. */
const entriesPerLook = 32;

/** Begins a slice. Ask the answer for each entry: it says whether the slice is used up. */
export function startSlice(): () => boolean {
  const endMs = performance.now() + sliceMs;
  let calls = 0;
  return () => ++calls % entriesPerLook === 0 && performance.now() >= endMs;
}
