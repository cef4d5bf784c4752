/** What others see of a live rig: its name, its control socket, its progress. */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../errors.ts';
import type { Trigger } from '../../plugin.ts';
import { announceEnd, notify } from '../log/announce.ts';
import type { RigLog } from '../log/log.ts';
import type { FinishedRecord, Progress, RigState } from '../records/rows.ts';
import { takeDownWith } from '../recovery/leftover.ts';
import { recordRoom, removeArmed, takeRecordRoom, writeArmed } from '../registry/armed-files.ts';
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

  /** It has ended: nothing but its record needs to be known after a reboot. Resolves to whether that is written. */
  async record(record: FinishedRecord): Promise<boolean> {
    return await this.#attempt('the record cannot be written: ', async () => {
      await this.#saving;
      await writeRecord(record, recordRoom(record.id));
      await this.#forget();
    });
  }

  /** Gives back the room for the record as well. */
  async #forget(): Promise<void> {
    await this.#saving;
    await removeArmed(this.#state.spec.id).catch((error) => this.#log.error(messageOf(error)));
  }

  /** Gives the name back. Resolves to whether it is. */
  async leave(): Promise<boolean> {
    return await this.#attempt('', async () => {
      await this.#forget();
      await release(this.#state);
    });
  }

  /** Resolves to whether `act` is done, within a time: a disk may hang. */
  async #attempt(what: string, act: () => Promise<void>): Promise<boolean> {
    const acting = act().then(
      () => true,
      (error) => {
        this.#log.error(`${what}${messageOf(error)}`);
        return false;
      },
    );
    return await Promise.race([acting, delay(diskMs, false, { ref: false })]);
  }

  /** Tells the host's log and --notify of its end, after its last trigger. */
  async announce(record: FinishedRecord, trigger: Trigger | undefined): Promise<void> {
    await Promise.all([announceEnd(record, this.#log), notify(this.#state.spec, record, trigger, this.#log)]);
  }

  /** Closes the socket when the last client has its answer, or after a while. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#server) this.#server.close(() => resolve());
    else resolve();
    await Promise.race([promise, delay(answerMs)]);
  }
}
