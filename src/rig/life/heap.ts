/** How V8 uses memory in a rig: one that waits for a week must be small, and quick at once when the moment comes. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Has V8 give memory back rather than save time: a million matching lines would otherwise make it grow by 200 MB, of which 11
 * are in use. Bytecode stays, however long it was not run: the way from a trigger to its action would be compiled anew.
 * Collecting is done by one thread, as little as there is to collect, and not unasked while nothing happens: V8 did so twice,
 * in two hundred small steps, to find nothing. Of the two compilers that optimize, the quick one (Maglev) is left out: the
 * other makes faster code of what a burst runs, and both together hold 4 MB more. Set here and not for the executable, where
 * any V8 option costs 14 ms at start.
 */
export function preferSmallHeap(): void {
  for (const flag of [
    '--semi-space-growth-factor=1',
    '--optimize-for-size',
    '--no-flush-bytecode',
    '--single-threaded-gc',
    '--memory-reducer-gc-count=0',
    '--no-maglev',
  ])
    setFlagsFromString(flag);
}

/** What V8 may hold beyond what it held after the last collection: more than a rig allocates in its first minutes of waiting. */
const mostGrownBytes = 2 * 2 ** 20;
let settledBytes = 0;

/**
 * Gives back what arming has left, and later what a burst of lines has: V8 would do so by itself only when it next collects, which
 * for an idle rig is never. To be called now and then; where there is something to be given back it takes about 20 ms.
 */
export function shrinkHeap(): void {
  if (getHeapStatistics().total_heap_size <= settledBytes + mostGrownBytes) return;
  setFlagsFromString('--expose-gc');
  const collect: (options: { type: string; flavor: string }) => void = runInNewContext('gc');
  collect({ type: 'major', flavor: 'last-resort' });
  settledBytes = getHeapStatistics().total_heap_size;
}
