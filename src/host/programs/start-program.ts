/** Starts programs of this host, and ends them. */
import type { Readable } from 'node:stream';
import { RigError } from '../../errors.ts';
import { foundIn } from '../processes/read-at-once.ts';
import { lookAt } from '../processes/stat.ts';
import { startUndefended } from '../self-defence.ts';
import { loadExeca, ownSession } from './execa.ts';
import { withFileSizeLimit } from './file-size-limit.ts';
import { keepTail } from './keep-tail.ts';
import { atLowPriority } from './low-priority.ts';
import { ownPrograms } from './own-programs.ts';

/** How much of a program's stderr is kept: the last bytes, where the reason usually stands. */
const stderrTailBytes = 4096;
/** How long a process group may take to end after SIGTERM before it gets SIGKILL. */
const graceMs = 3000;

export interface StartOptions {
  /** Added to the fixed environment that every program gets. */
  env?: Record<string, string>;
  /** / by default. */
  cwd?: string;
  /** The signal that ends it. SIGTERM, the default, lets it clean up; SIGKILL keeps it from doing anything. */
  endWith?: 'SIGTERM' | 'SIGKILL';
  /** Written to its stdin, which is /dev/null otherwise. */
  input?: string;
  /** Whether it leaves the processor and the disk to others: see {@link atLowPriority}. */
  isLowPriority?: boolean;
  /** No file that it writes becomes larger than this many bytes. Undefined: no limit. */
  mostFileBytes?: number | undefined;
  /** It attaches to a process that was stopped before: whoever has to kill it leaves that stopped. */
  holdsStopped?: boolean;
}

/** How a program ended: `exitCode` is null when a signal ended it. */
export interface Exit {
  exitCode: number | null;
  signalName: string | null;
}

/** A running program whose output is read while it runs. */
export interface RunningProgram {
  pid: number;
  /** Its start time, in clock ticks since boot. */
  startTime: number;
  stdout: Readable;
  /** Resolves when it has ended and nothing of its process group is left. Never rejects. */
  ended: Promise<Exit>;
  /** The last 4 KiB of its stderr so far. */
  stderr(): string;
  /** All of its stderr. */
  stderrStream: Readable;
  /** Ends its whole process group: by {@link StartOptions.endWith}, and after 3 s by SIGKILL. Resolves when it is gone. */
  end(): Promise<void>;
}

/** Sends a signal to a whole process group. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group is gone already.
  }
}

/** Starts the process. Throws a RigError when that fails. */
async function spawn(file: string, args: string[], options: StartOptions) {
  const execa = await loadExeca();
  ownPrograms.startGuardian();
  const { isLowPriority, mostFileBytes } = options;
  const limited =
    mostFileBytes === undefined ? ([file, args] as const) : await withFileSizeLimit(mostFileBytes, file, args);
  const [command, rest] = isLowPriority ? await atLowPriority(...limited) : limited;
  const { nodeChildProcess } = startUndefended(() =>
    execa(command, rest, {
      ...ownSession,
      encoding: 'buffer',
      env: ownPrograms.environment(options.env),
      cwd: options.cwd ?? '/',
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
      stdout: 'pipe',
      stderr: 'pipe',
    }),
  );
  const { pid, stdout, stderr } = nodeChildProcess;
  if (pid === undefined || !stdout || !stderr) throw new RigError(`${file}: cannot be started`);
  return { child: nodeChildProcess, pid, stdout, stderr };
}

/**
 * Starts a program in a session and process group of its own, so that all of it can be ended and Ctrl-C on a terminal does not
 * reach it. Throws a RigError when it cannot be started.
 */
export async function startProgram(file: string, args: string[], options: StartOptions = {}): Promise<RunningProgram> {
  const { child, pid, stdout, stderr } = await spawn(file, args, options);
  // It is there at least as a zombie: nobody has collected it yet.
  const startTime = foundIn(lookAt(pid))?.startTime ?? 0;
  const { promise: ended, resolve } = Promise.withResolvers<Exit>();
  let hasEnded = false;
  // "exit" and not "close": a grandchild that keeps a pipe open must not keep the action from ending.
  child.once('exit', (exitCode, signalName) => {
    hasEnded = true;
    signalGroup(pid, 'SIGKILL');
    setImmediate(() => resolve({ exitCode, signalName }));
  });
  const endOnce = async (): Promise<void> => {
    // Another group may have its number now.
    if (hasEnded) return;
    signalGroup(pid, options.endWith ?? 'SIGTERM');
    const killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await ended;
    clearTimeout(killTimer);
  };
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= endOnce());
  const program = {
    pid,
    startTime,
    stdout,
    stderr: keepTail(stderr, stderrTailBytes),
    stderrStream: stderr,
    ended,
    end,
  };
  ownPrograms.add({ ...program, holdsStopped: options.holdsStopped ?? false });
  return program;
}
