/** The programs that this process has started: their environment, the daemon's mark in it, their guardian and their end. */
import { delimiter } from 'node:path';
import type { SessionLeader } from '../processes/kin.ts';
import { Guardian } from './guardian.ts';
import { programPath } from './program-path.ts';

/** The variable that marks every program of a daemon, with the daemon's pid and start time. It outlives the daemon. */
export const ownerVariable = 'RIG_DAEMON';

/** A program's messages are parsed, so nothing that the user exported may change them. */
const fixedEnvironment = (): Record<string, string> => ({
  PATH: programPath.trusted.join(delimiter),
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
});

/** A program that runs: what is needed to end it, and all that it has started, when this process is dead. */
export interface NotedProgram extends SessionLeader {
  /** What it has attached to was stopped before. */
  holdsStopped: boolean;
}

interface Running extends NotedProgram {
  ended: Promise<unknown>;
  end(): Promise<void>;
}

class OwnPrograms {
  #mark: Record<string, string> = {};
  #guardian: Guardian | undefined;
  #note: (programs: NotedProgram[]) => void = () => {};
  readonly #running = new Set<Running>();

  /**
   * Says which daemon this process is, before it starts any program. `mark` is the value of {@link ownerVariable}; `takeDown`
   * are the arguments with which this executable cleans up after the daemon was killed; `note` keeps for that which programs run.
   */
  setOwner(mark: string, takeDown: string[], note: (programs: NotedProgram[]) => void): void {
    this.#note = note;
    this.#mark = { [ownerVariable]: mark };
    // Without the mark: whoever cleans up kills all that have it.
    this.#guardian = new Guardian(takeDown, fixedEnvironment());
  }

  /** The environment of a new program, with `extra` in it. */
  environment(extra: Record<string, string> = {}): Record<string, string> {
    return { ...fixedEnvironment(), ...this.#mark, ...extra };
  }

  /** Starts the guardian, unless it runs. A daemon needs it even without programs: it also writes the record of a killed one. */
  startGuardian(): void {
    this.#guardian?.start();
  }

  /** Ends the guardian: nothing that this process has started is left. */
  dismissGuardian(): void {
    this.#guardian?.dismiss();
    this.#guardian = undefined;
  }

  /** Remembers a program until it has ended. */
  add(program: Running): void {
    this.#running.add(program);
    this.#noteAll();
    void program.ended.then(() => {
      this.#running.delete(program);
      this.#noteAll();
    });
  }

  #noteAll(): void {
    this.#note([...this.#running].map(({ pid, startTime, holdsStopped }) => ({ pid, startTime, holdsStopped })));
  }

  /** Ends every program that still runs: what a rig does before it ends itself. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.end()));
  }
}

/**
 * One object for the whole process, which is one rig at most. Handed from caller to caller it could be missing somewhere, and
 * a program would run without mark and guardian, or outlive its rig.
 */
export const ownPrograms = new OwnPrograms();
