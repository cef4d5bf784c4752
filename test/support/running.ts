import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { waitFor } from './wait.ts';

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type SignalInside = (pid: number, signal: NodeJS.Signals) => Promise<unknown>;

/** A program that runs in an enclosure. `child` is the nsenter process that waits for it outside. */
export class Running {
  /** Resolved when the program is about to start (or could not be). */
  readonly started: Promise<void>;
  /** Resolved when it has ended and nothing holds its output any more. */
  readonly closed: Promise<Ending>;
  readonly #child: Child;
  readonly #signalInside: SignalInside;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #pid = 0;

  constructor(child: Child, signalInside: SignalInside) {
    this.#child = child;
    this.#signalInside = signalInside;
    child.stdin.on('error', () => {}); // a program need not read its input
    child.stdout.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.closed = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.started = this.#learnPid();
    this.started.catch(() => {}); // reported by `closed` too
  }

  /** Its pid as seen inside. */
  get pid(): number {
    return this.#pid;
  }

  /** What it has written until now. */
  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Writes to its standard input, which it must have been started with (spawnInteractive). */
  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Ends its standard input, after a last text if there is one. */
  end(text: string | Buffer = ''): void {
    this.#child.stdin.end(text);
  }

  /** Sends it a signal. Not through nsenter, which does not hand on what it gets. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#signalInside(this.pid, signal);
  }

  /** Sends it a signal and waits until it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.hasEnded()) await this.signal(signal);
    await waitFor(`process ${this.pid} to end after ${signal}`, () => this.hasEnded());
  }

  kill(): Promise<void> {
    return this.stop('SIGKILL');
  }

  /** For a program whose time is up: kills it, and does not wait for others that hold its output. */
  async abandon(): Promise<void> {
    if (!this.hasEnded()) await this.signal('SIGKILL').catch(() => {});
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr, this.#pidPipe()]) stream.destroy();
  }

  /** nsenter stops with its program, and while it stands still it does not see the program end. */
  resumeWaiting(): void {
    this.#child.kill('SIGCONT');
  }

  /** The last resort, and slow: PID 1 of this machine has to collect what nsenter did not. */
  giveUpWaiting(): void {
    this.#child.kill('SIGKILL');
  }

  #learnPid(): Promise<void> {
    return new Promise((resolve, reject) => {
      let said = '';
      // Not at the end of the pipe: nsenter keeps that open as long as it waits.
      this.#pidPipe().on('data', (chunk: Buffer) => {
        said += chunk;
        this.#pid = Number.parseInt(said, 10);
        if (said.endsWith('\n')) resolve();
      });
      this.#pidPipe().once('close', resolve);
      this.#child.once('error', reject);
    });
  }

  #pidPipe(): Readable {
    return this.#child.stdio[3] as Readable;
  }
}
