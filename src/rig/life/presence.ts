/** What others see of a live rig: its name, its control socket, its progress. */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { RigLog } from '../log/log.ts';
import type { FinishedRecord, Progress, RigState } from '../records/rows.ts';
import { takeDownWith } from '../recovery/leftover.ts';
import { removeArmed, takeRecordRoom, writeArmed } from '../registry/armed-files.ts';
import { claim, release } from '../registry/claim.ts';
import { writeRecord } from '../registry/finished.ts';
import { writeProgress } from '../registry/progress.ts';
import { type Request, serveControl } from '../wire/control.ts';

/** How long clients that wait for an answer may hold up the end. */
const answerMs = 3000;

/** How long a disk that hangs may hold up the end. */
const diskMs = 20_000;

export class Presence {
  readonly #state: RigState;
  readonly #log: RigLog;
  #server: Server | undefined;
  #saving: Promise<void> = Promise.resolve();

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
    this.#saving = takeRecordRoom(this.#state.spec.id).catch((error) =>
      this.#log.warn(`there may be no room for the record: ${messageOf(error)}`),
    );
  }

  /** Notes how far the rig has got, in case it is killed. */
  save(progress: Progress): void {
    writeProgress(this.#state, progress, (error) => this.#log.error(messageOf(error)));
    // For after a reboot. Nothing waits for that disk, which may be sick.
    this.#saving = this.#saving
      .then(() => writeArmed(this.#state, progress))
      .catch((error) => this.#log.warn(`what is kept for after a reboot cannot be written: ${messageOf(error)}`));
  }

  /** It has ended: nothing but its record needs to be known after a reboot. */
  async record(record: FinishedRecord): Promise<void> {
    const write = () =>
      writeRecord(record).catch((error) => this.#log.error(`the record cannot be written: ${messageOf(error)}`));
    await Promise.race([this.#forget().then(write), delay(diskMs, undefined, { ref: false })]);
  }

  /** Gives back the room for the record as well. */
  async #forget(): Promise<void> {
    await this.#saving;
    await removeArmed(this.#state.spec.id).catch((error) => this.#log.error(messageOf(error)));
  }

  /** Gives the name back. */
  async leave(): Promise<void> {
    await Promise.race([this.#forget(), delay(diskMs, undefined, { ref: false })]);
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
