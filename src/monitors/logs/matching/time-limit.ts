/** Runs what may not come to an end: V8 looks for a request to stop in the midst of an expression, and vm is who can ask. */
import { createContext, Script } from 'node:vm';

/** A function that is broken off when it takes too long. */
export class TimeLimit {
  readonly #context: object;
  readonly #script = new Script('run()');

  constructor(run: () => void) {
    this.#context = createContext({ run });
  }

  /** Returns whether it came to its end in time. */
  run(ms: number): boolean {
    try {
      this.#script.runInContext(this.#context as never, { timeout: ms });
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
      throw error;
    }
  }
}
