/** The disk that results go to. One that may stop to answer, such as NFS, must not keep a rig from ending. */
import { setTimeout as delay } from 'node:timers/promises';
import { silentFileSystem } from '../../host/file-systems.ts';
import { Gate } from '../../host/gate.ts';

/** How often it is asked while something is written to it. */
const askMs = 5000;

export class OutputDisk {
  readonly #gate: Gate | undefined;

  /** To be made while the disk of `folder` answers. `tell` hears when it does not, and when it does again. */
  constructor(folder: string, tell: (text: string) => void) {
    this.#gate = silentFileSystem(folder) === undefined ? undefined : new Gate(folder, tell);
  }

  /** Resolves to whether it may be used now: within a second or so. */
  async answers(): Promise<boolean> {
    return this.#gate === undefined || (await this.#gate.ask());
  }

  /** Resolves to what `write` does; to `otherwise` as soon as the disk does not answer. */
  async unlessHanging<T>(write: () => Promise<T>, otherwise: T): Promise<T> {
    if (this.#gate === undefined) return await write();
    const done = new AbortController();
    const writing = write().finally(() => done.abort());
    return await Promise.race([writing, this.#untilHanging(done.signal).then(() => otherwise)]);
  }

  async #untilHanging(done: AbortSignal): Promise<void> {
    while (!done.aborted && (await this.answers())) await delay(askMs, undefined, { signal: done }).catch(() => 'done');
    // What was written counts.
    if (done.aborted) await new Promise(() => {});
  }
}
