/** Timers at whole seconds that share one timer, so that the processor is woken up once for all. */

const secondMs = 1000;

/** What is called, and every how many seconds. */
const works = new Map<object, { seconds: number; work: () => void }>();
let seconds = 0;
let timer: NodeJS.Timeout | undefined;

function tick(): void {
  seconds++;
  for (const [key, each] of [...works]) if (works.has(key) && seconds % each.seconds === 0) each.work();
}

/**
 * Calls `work` every `ms` milliseconds, and returns a function that ends this. Whole seconds share a timer, so the first call may
 * come early, by up to `ms`.
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
