/** What is looked at again and again, however quiet the host is: together, so that the processor is woken up once for all of it. */

const secondMs = 1000;

/** What is called at whole seconds, and every how many. */
const works = new Map<object, { seconds: number; work: () => void }>();
let seconds = 0;
let timer: NodeJS.Timeout | undefined;

function tick(): void {
  seconds++;
  for (const [key, each] of [...works]) if (works.has(key) && seconds % each.seconds === 0) each.work();
}

/**
 * Calls `work` every so many milliseconds; returns what ends that. Whole seconds have one timer for all, so that only the first
 * call is not at its time: it comes early, by anything up to all of it.
 */
export function every(ms: number, work: () => void): () => void {
  if (ms % secondMs !== 0) {
    const own = setInterval(work, ms);
    return () => clearInterval(own);
  }
  const key = {};
  works.set(key, { seconds: ms / secondMs, work });
  timer ??= setInterval(tick, secondMs);
  return () => {
    works.delete(key);
    if (works.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
