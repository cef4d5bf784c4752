/** What this process waits for, in case that never comes. */

class Waiting {
  readonly #for = new Set<string>();

  /** Says what is waited for while `act` runs. */
  async during<T>(what: string, act: () => T | Promise<T>): Promise<T> {
    this.#for.add(what);
    try {
      return await act();
    } finally {
      this.#for.delete(what);
    }
  }

  /** What is waited for now, in words: the last one, which the others wait for. */
  get words(): string | undefined {
    return [...this.#for].at(-1);
  }
}

/** One object for the whole process, which runs one command. */
export const waiting = new Waiting();
