/**
 * The gate to a file system that may stop to answer: NFS without its server, FUSE without its program. Who looks at it then waits
 * for as long as that lasts, and cannot be ended. So it is looked at only just after a child has seen that it answers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { aside } from './aside.ts';

/** How long an answer counts. */
const openMs = 50;
/** How soon it is asked again after it did not answer. */
const againMs = 2000;

export class Gate {
  readonly #path: string;
  readonly #tell: (text: string) => void;
  #openUntil = 0;
  #asking: Promise<boolean> | undefined;
  #isWaiting = false;
  #answers = true;
  readonly #acts = new Set<() => void>();

  /** `path` is asked for; `tell` hears when it does not answer, and when it does again. */
  constructor(path: string, tell: (text: string) => void) {
    this.#path = path;
    this.#tell = tell;
  }

  /** Whether it may be looked at now. */
  get isOpen(): boolean {
    return performance.now() < this.#openUntil;
  }

  /** Calls `act` once, as soon as it may be looked at. */
  whenOpen(act: () => void): void {
    this.#acts.add(act);
    if (!this.#isWaiting) void this.#wait();
  }

  /** Resolves to whether it may be looked at now: within a second or so. */
  async ask(): Promise<boolean> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    while (!(await this.ask())) await delay(againMs, undefined, { ref: false });
    this.#isWaiting = false;
    const acts = [...this.#acts];
    this.#acts.clear();
    for (const act of acts) act();
  }

  async #ask(): Promise<boolean> {
    const answers = await aside.answers(this.#path);
    if (answers) this.#openUntil = performance.now() + openMs;
    if (answers !== this.#answers)
      this.#tell(`${this.#path} ${answers ? 'answers again' : 'does not answer: it waits until it does'}`);
    this.#answers = answers;
    return answers;
  }
}
