/** Running programs of this host. The only importer of execa. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { Duplex, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../errors.ts';
import { Guardian } from './guardian.ts';
import { OutputFile, type OutputReport } from './output-file.ts';
import { findByEnvironment, sendSignal } from './processes.ts';
import { startUndefended } from './self-defence.ts';

/** How much of a program's stderr is kept: the last bytes, where the reason usually stands. */
const stderrTailBytes = 4096;
/** How much of a program's stdout is kept for the caller to read. */
const stdoutTailBytes = 64 * 1024;
/** How long a process group may take to end after SIGTERM before it gets SIGKILL. */
const graceMs = 3000;

export interface RunOptions {
  /** Added to the fixed environment that every child gets. */
  env?: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal;
  /** What it is ended with. SIGTERM, the default, lets it put its things in order; SIGKILL keeps it from doing anything. */
  endWith?: 'SIGTERM' | 'SIGKILL';
  /** Written to its stdin, which is /dev/null otherwise. */
  input?: string;
  /** Whether it leaves the processor and the disk to others: see {@link atLowPriority}. */
  isLowPriority?: boolean;
  /** Keeps what it writes whole, in new files, as far as `limitBytes` for each. */
  output?: { stdout: string; stderr: string; limitBytes: number };
}

export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signalName: string | null;
  /** The last 64 KiB. */
  stdout: string;
  /** The last 4 KiB. */
  stderr: string;
  durationMs: number;
  /** What is in the files of {@link RunOptions.output}. */
  output?: { stdout: OutputReport; stderr: OutputReport };
}

/** A running program whose output is read while it runs. */
export interface RunningProgram {
  pid: number;
  stdout: Readable;
  /** Resolves when it has ended and nothing of its process group is left. Never rejects. */
  ended: Promise<{ exitCode: number | null; signalName: string | null }>;
  /** The last 4 KiB of its stderr so far. */
  stderr(): string;
  /** For who wants all of its stderr. */
  stderrStream: Readable;
  /** Ends its whole process group: SIGTERM, and SIGKILL where that is not enough. Resolves when it is gone. */
  end(): Promise<void>;
}

/** The folders where programs are looked for: root's PATH may lack sbin, and a cleaned one may be empty. */
function searchPath(): string[] {
  const given = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...new Set([...given, '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'])];
}

/** The full path of a program, or undefined when this host does not have it. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of searchPath()) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/**
 * The full path of a command as a user types it: with a slash in it relative to the present folder, else looked for as
 * {@link findProgram} does. Undefined where that is no file that can be run.
 */
export async function findCommand(name: string): Promise<string | undefined> {
  const path = name.includes('/') ? resolve(name) : await findProgram(name);
  if (path === undefined) return undefined;
  const isRunnable = await Promise.all([stat(path), access(path, constants.X_OK)]).then(
    ([found]) => found.isFile(),
    () => false,
  );
  return isRunnable ? path : undefined;
}

let lowPriority: Promise<string[]> | undefined;

/** The words before a command that has low priority. They are looked for once: the moment of a trigger is not the time for it. */
function lowPriorityWords(): Promise<string[]> {
  lowPriority ??= Promise.all([findProgram('nice'), findProgram('ionice')]).then(([nice, ionice]) => [
    ...(nice === undefined ? [] : [nice, '-n', '10']),
    ...(ionice === undefined ? [] : [ionice, '-c', '3']),
  ]);
  return lowPriority;
}

/**
 * The same command at nice 10 and in the idle class of I/O, as far as this host has the programs for it: nice(1), ionice(1).
 * Both become the command, so that its pid is the one that was started.
 */
async function atLowPriority(file: string, args: string[]): Promise<[string, string[]]> {
  const words = [...(await lowPriorityWords()), file, ...args];
  return [words[0] as string, words.slice(1)];
}

/**
 * The marker in the environment of everything that a daemon starts: what a killed daemon left behind is found by it.
 * `owner` is the daemon's pid and start time.
 */
export const ownerVariable = 'RIG_DAEMON';
let owner: string | undefined;
let guardian: Guardian | undefined;

/**
 * Says which daemon this process is, before it starts any program; `takeDown` are the arguments with which this executable
 * puts in order what the daemon leaves when it is killed.
 */
export function setOwner(marker: string, takeDown: string[]): void {
  owner = marker;
  guardian = new Guardian(takeDown, environmentWithoutOwner());
}

/** A child gets a fixed environment: its messages are parsed, and nothing the user exported may change what it does. */
function childEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return { ...environmentWithoutOwner(), ...(owner === undefined ? {} : { [ownerVariable]: owner }), ...extra };
}

const environmentWithoutOwner = (): Record<string, string> => ({
  PATH: searchPath().join(delimiter),
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
});

/** Keeps the last bytes of a stream. Reading on is what keeps the child from blocking on a full pipe. */
function keepTail(stream: Readable, limit: number): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]);
    if (tail.length > limit) tail = Buffer.from(tail.subarray(tail.length - limit));
  });
  stream.on('error', () => {
    // A broken pipe to a child that has ended: what was read stands, and its exit status tells the rest.
  });
  return () => tail.toString('utf8');
}

/** Sends a signal to a whole process group; one that is already gone is what was wanted. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: no such group any more.
  }
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Loaded when it is first needed: it takes 17 ms and 3 MB, which `rig list` and `rig --help` can save. */
const loadExeca = async () => (await import('execa')).execa;

/** How every program is started: in a session of its own, with an environment of our making, its output left to us. */
const ownSession = { detached: true, cleanup: false, buffer: false, reject: false, extendEnv: false } as const;

/** The guardian runs from now on, also when no program does: it writes the record of a killed daemon, too. */
export function startGuardian(): void {
  guardian?.start();
}

/** Nothing that this process has started is left, and it ends itself. */
export function dismissGuardian(): void {
  guardian?.dismiss();
  guardian = undefined;
}

const running = new Set<RunningProgram>();

/** Ends every program that this process has started and that still runs: what a rig does before it ends itself. */
export async function endAllPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.end()));
}

/**
 * Starts a program in a session and process group of its own, so that it can be ended whole and no terminal's Ctrl-C
 * reaches it. Its stdin is /dev/null.
 */
export async function startProgram(file: string, args: string[], options: RunOptions = {}): Promise<RunningProgram> {
  const execa = await loadExeca();
  guardian?.start();
  const [command, rest] = options.isLowPriority ? await atLowPriority(file, args) : [file, args];
  const subprocess = startUndefended(() =>
    execa(command, rest, {
      ...ownSession,
      encoding: 'buffer',
      env: childEnvironment(options.env),
      cwd: options.cwd ?? '/',
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
      stdout: 'pipe',
      stderr: 'pipe',
    }),
  );
  const child = subprocess.nodeChildProcess;
  const pid = child.pid;
  if (pid === undefined || !child.stdout || !child.stderr) throw new RigError(`${file}: cannot be started`);
  const stderr = keepTail(child.stderr, stderrTailBytes);
  // "exit" and not "close": a grandchild that keeps a pipe open must not keep the action from ending.
  const ended = new Promise<{ exitCode: number | null; signalName: string | null }>((resolve) => {
    child.once('exit', (exitCode, signalName) => {
      signalGroup(pid, 'SIGKILL');
      setImmediate(() => resolve({ exitCode, signalName }));
    });
  });
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // By now another group may have the number.
    if (!running.has(program)) return;
    signalGroup(pid, options.endWith ?? 'SIGTERM');
    const killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await ended;
    clearTimeout(killTimer);
    if (groupExists(pid)) signalGroup(pid, 'SIGKILL');
  };
  const streams = { stdout: child.stdout, stderrStream: child.stderr };
  const program: RunningProgram = { pid, ...streams, stderr, ended, end: () => (ending ??= end()) };
  running.add(program);
  void ended.then(() => running.delete(program));
  return program;
}

/** The marker in the environment of everything that one {@link runProgram} started. */
const runVariable = 'RIG_RUN';

/** Kills what has left the program's process group, as what sos runs through timeout(1) does: it still has the marker. */
async function killEscaped(run: string): Promise<void> {
  // Again until there are none: one that was just being started was not there to be killed.
  for (let escaped = await findByEnvironment(runVariable, run); escaped.length > 0; ) {
    for (const pid of escaped) sendSignal(pid, 'SIGKILL');
    await delay(10);
    const left = await findByEnvironment(runVariable, run);
    // One in uninterruptible sleep dies when that ends: it has its signal, there is nothing to wait for.
    escaped = left.filter((pid) => !escaped.includes(pid));
  }
}

async function openOutput({ stdout, stderr, limitBytes }: NonNullable<RunOptions['output']>) {
  return {
    stdout: await OutputFile.create(stdout, limitBytes),
    stderr: await OutputFile.create(stderr, limitBytes),
  };
}

/**
 * Runs a program to its end. When `signal` aborts, it is ended with everything that it had started. A program that fails
 * is a result; one that cannot be started throws a RigError.
 */
export async function runProgram(file: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const startedAt = process.hrtime.bigint();
  const run = randomUUID();
  const files = options.output && (await openOutput(options.output));
  const program = await startProgram(file, args, { ...options, env: { ...options.env, [runVariable]: run } });
  const stdout = keepTail(program.stdout, stdoutTailBytes);
  files?.stdout.collect(program.stdout);
  files?.stderr.collect(program.stderrStream);
  const abort = () => void program.end();
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  const { exitCode, signalName } = await program.ended;
  options.signal?.removeEventListener('abort', abort);
  await killEscaped(run);
  const durationMs = Number((process.hrtime.bigint() - startedAt) / 1_000_000n);
  const output = files && { stdout: await files.stdout.finish(), stderr: await files.stderr.finish() };
  const result = { exitCode, signalName, stdout: stdout(), stderr: program.stderr(), durationMs };
  return output ? { ...result, output } : result;
}

/** A program that outlives this one. */
export interface DetachedProgram {
  pid: number;
  /** Its descriptor 3, both ways. */
  channel: Duplex;
  /** Waits until it has ended; kills it when that takes longer than `ms`. */
  endWithin(ms: number): Promise<void>;
}

/** Starts a program in a session of its own, everything on /dev/null but descriptor 3, cwd /. */
export async function startDetached([file = '', ...args]: string[]): Promise<DetachedProgram> {
  const execa = await loadExeca();
  const subprocess = execa(file, args, {
    ...ownSession,
    env: childEnvironment(),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const child = subprocess.nodeChildProcess;
  const channel = child.stdio[3];
  if (child.pid === undefined || !(channel instanceof Duplex)) throw new RigError(`${file}: cannot be started`);
  const { pid } = child;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endWithin = async (ms: number): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    await ended;
    clearTimeout(timer);
  };
  return { pid, channel, endWithin };
}
