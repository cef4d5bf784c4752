/** Whether the event loop of this process turns, and what held it up when it did not. */

/** What took longest since {@link EventLoopWatch.look} last asked. A process has one event loop, so one of these is enough. */
let longest = { what: '', ms: 0 };

/** Does work that may take long, or hang in the kernel, and notes how long it held up the event loop; `what` names it. */
export function holding<T>(what: string, work: () => T): T {
  const startedAt = performance.now();
  try {
    return work();
  } finally {
    const ms = performance.now() - startedAt;
    if (ms > longest.ms) longest = { what, ms };
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * Reports when the event loop stood still for twice the interval of its looks. The report comes when the loop turns again: until
 * then nothing in this process can report anything, and `rig info` asks the kernel.
 */
export class EventLoopWatch {
  readonly #everyMs: number;
  readonly #tell: (text: string) => void;
  #lookedAt = performance.now();
  #cpu = process.threadCpuUsage();

  /** `everyMs` is the time between two looks; `tell` gets the report. */
  constructor(everyMs: number, tell: (text: string) => void) {
    this.#everyMs = everyMs;
    this.#tell = tell;
  }

  /** To be called at each interval. */
  look(): void {
    const now = performance.now();
    const lateMs = now - this.#lookedAt - this.#everyMs;
    const { user, system } = process.threadCpuUsage(this.#cpu);
    const { what, ms } = longest;
    this.#lookedAt = now;
    this.#cpu = process.threadCpuUsage();
    longest = { what: '', ms: 0 };
    if (lateMs < this.#everyMs) return;
    const cpuMs = (user + system) / 1000;
    const why =
      ms > lateMs / 2
        ? `${what} took ${seconds(ms)}`
        : cpuMs > lateMs / 4
          ? 'it was busy'
          : 'this process did not run: it was stopped, or waited for a disk';
    this.#tell(`the event loop stood still for ${seconds(lateMs)} or more: ${why}; it used ${seconds(cpuMs)} of CPU`);
  }
}
