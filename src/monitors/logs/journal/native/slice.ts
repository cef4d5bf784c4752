/** Reading in slices: after some milliseconds everything else in this process has its turn. */
import type { StoredEntry } from '../format/journal-file.ts';
import type { HeldFile } from './held-file.ts';
import type { Stuck } from './merge.ts';
import { readMerged } from './merge.ts';

const sliceMs = 5;
/** How many entries are read between two looks at the clock. */
const entriesPerLook = 32;

/** Begins a slice. Ask the answer for each entry: it says whether the slice is used up. */
export function startSlice(): () => boolean {
  const endMs = performance.now() + sliceMs;
  let calls = 0;
  return () => ++calls % entriesPerLook === 0 && performance.now() >= endMs;
}

/**
 * Gives the entries of the files in their order for one slice, until `take` returns false. Stops before an entry whose number
 * is beyond the bound of its numbering. Returns whether nothing is left to read up to there, whether an entry was there, and
 * the files that could not be read.
 */
export function readSlice(
  files: readonly HeldFile[],
  bounds: ReadonlyMap<string, number> | undefined,
  take: (held: HeldFile, entry: StoredEntry, seqnum: number) => boolean,
): { isDone: boolean; hasNews: boolean; stuck: Array<Stuck<HeldFile>> } {
  const isUsedUp = startSlice();
  let isBeyond = false;
  let hasTaken = false;
  const { isComplete, stuck } = readMerged(files, (held, entry) => {
    if (isUsedUp()) return false;
    const { seqnum } = entry;
    isBeyond = bounds !== undefined && seqnum > (bounds.get(held.file.seqnumId) ?? Number.POSITIVE_INFINITY);
    if (isBeyond || !take(held, entry, seqnum)) return false;
    hasTaken = true;
    return true;
  });
  return { isDone: isComplete || isBeyond, hasNews: hasTaken || isBeyond, stuck };
}
