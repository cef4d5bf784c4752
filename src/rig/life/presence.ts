/** What others see of a live rig: its name, its control socket, its progress. */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { RigLog } from '../log/log.ts';
import type { Progress, RigState } from '../records/rows.ts';
import { takeDownWith } from '../recovery/leftover.ts';
import { claim, release } from '../registry/claim.ts';
import { writeProgress } from '../registry/progress.ts';
import { type Request, serveControl } from '../wire/control.ts';

/** How long clients that wait for an answer may hold up the end. */
const answerMs = 3000;

export class Presence {
  readonly #state: RigState;
  readonly #log: RigLog;
  #server: Server | undefined;

  constructor(state: RigState, log: RigLog) {
    this.#state = state;
    this.#log = log;
  }

  /** Takes the name and answers requests. Throws a UsageError if a live rig has it. */
  async claim(answer: (request: Request) => Promise<unknown>): Promise<void> {
    const takeDown = takeDownWith((text) => this.#log.warn(text));
    await claim(this.#state, takeDown, async (folder) => {
      this.#server = await serveControl(join(folder, 'control.sock'), answer);
    });
  }

  /** Notes how far the rig has got, in case it is killed. */
  save(progress: Progress): void {
    writeProgress(this.#state, progress, (error) => this.#log.error(messageOf(error)));
  }

  /** Gives the name back. */
  async leave(): Promise<void> {
    await release(this.#state).catch((error) => this.#log.error(messageOf(error)));
  }

  /** Closes the socket when the last client has its answer, or after a while. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#server) this.#server.close(() => resolve());
    else resolve();
    await Promise.race([promise, delay(answerMs)]);
  }
}
