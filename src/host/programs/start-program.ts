/** Starts programs of this host, and ends them. */
import type { Readable } from 'node:stream';
import { RigError } from '../../errors.ts';
import { startUndefended } from '../self-defence.ts';
import { loadExeca, ownSession } from './execa.ts';
import { keepTail } from './keep-tail.ts';
import { atLowPriority } from './low-priority.ts';
import { childEnvironment, startGuardian } from './owner.ts';

/** How much of a program's stderr is kept: the last bytes, where the reason usually stands. */
const stderrTailBytes = 4096;
/** How long a process group may take to end after SIGTERM before it gets SIGKILL. */
const graceMs = 3000;

export interface StartOptions {
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

const running = new Set<RunningProgram>();

/** Ends every program that this process has started and that still runs: what a rig does before it ends itself. */
export async function endAllPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.end()));
}

/**
 * Starts a program in a session and process group of its own, so that it can be ended whole and no terminal's Ctrl-C
 * reaches it. Its stdin is /dev/null.
 */
export async function startProgram(file: string, args: string[], options: StartOptions = {}): Promise<RunningProgram> {
  const execa = await loadExeca();
  startGuardian();
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
