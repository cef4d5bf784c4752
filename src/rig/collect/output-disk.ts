/** The disk that results go to. One that may stop to answer, such as NFS, must not keep a rig from ending. */
import { setTimeout as delay } from 'node:timers/promises';
import { silentFileSystem } from '../../host/file-systems.ts';
import { Gate } from '../../host/gate.ts';

/** How long an answer counts, and how often it is asked while it is used. */
const askMs = 1000;

/** What is resolved to where the disk does not answer. */
export const hanging = Symbol('hanging');

export class OutputDisk {
  readonly folder: string;
  readonly #gate: Gate | undefined;
  #answeredUntil = 0;

  /** To be made while the disk of `folder` answers. `tell` hears when it does not, and when it does again. */
  constructor(folder: string, tell: (text: string) => void) {
    this.folder = folder;
    this.#gate = silentFileSystem(folder) === undefined ? undefined : new Gate(folder, tell);
  }

  /** Resolves to what `act` does; to `hanging` as soon as the disk does not answer. Then `act` is abandoned, or never begins. */
  async use<T>(act: () => Promise<T>): Promise<T | typeof hanging> {
    if (this.#gate === undefined) return await act();
    if (!(await this.#answers(this.#gate))) return hanging;
    const done = new AbortController();
    const acting = act().finally(() => done.abort());
    return await Promise.race([acting, this.#untilHanging(this.#gate, done.signal)]);
  }

  async #answers(gate: Gate): Promise<boolean> {
    if (performance.now() < this.#answeredUntil) return true;
    const answers = await gate.ask();
    if (answers) this.#answeredUntil = performance.now() + askMs;
    return answers;
  }

  async #untilHanging(gate: Gate, done: AbortSignal): Promise<typeof hanging> {
    do await delay(askMs, undefined, { signal: done }).catch(() => 'done');
    while (!done.aborted && (await this.#answers(gate)));
    // What was done counts.
    if (done.aborted) await new Promise(() => {});
    return hanging;
  }
}
