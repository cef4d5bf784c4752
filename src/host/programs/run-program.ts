/** Runs programs of this host to their end. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { withVariable } from '../processes/environment.ts';
import { findKin, type SessionLeader } from '../processes/kin.ts';
import { hasEnded, hasMemory, lookAtAll, type ProcessStat, sendSignal } from '../processes/stat.ts';
import { keepTail } from './keep-tail.ts';
import { OutputFile, type OutputReport } from './output-file.ts';
import { type Exit, type StartOptions, startProgram } from './start-program.ts';

/** How much of a program's stdout is kept for the caller to read. */
const stdoutTailBytes = 64 * 1024;

export interface RunOptions extends StartOptions {
  /** When it aborts, the program is ended. */
  signal?: AbortSignal;
  /** Keeps what it writes whole, in new files of at most `limitBytes` each. */
  output?: { stdout: string; stderr: string; limitBytes: number };
}

export interface RunResult extends Exit {
  /** The last 64 KiB. */
  stdout: string;
  /** The last 4 KiB. */
  stderr: string;
  durationMs: number;
  /** What is in the files of {@link RunOptions.output}. */
  output?: { stdout: OutputReport; stderr: OutputReport };
}

/** Marks, in its environment, everything that one {@link runProgram} has started. */
const runVariable = 'RIG_RUN';

/** What has the mark of a run and is not found by {@link findKin}: it has left the session of a parent that has ended. */
async function findMarked(program: SessionLeader, run: string): Promise<ProcessStat[]> {
  const later = lookAtAll().filter(
    ({ pid, parentPid, startTime }) => startTime >= program.startTime && parentPid !== process.pid && hasMemory(pid),
  );
  return later.length === 0 ? [] : await withVariable(later, runVariable, run);
}

/** Kills what an ended program has left, also in process groups of their own, as what sos runs through timeout(1). */
async function killLeft(program: SessionLeader, run: string): Promise<void> {
  // Not waiting for those that have their signal: one in uninterruptible sleep dies when that ends.
  const killed = new Set<number>();
  for (;;) {
    const found = [...findKin([program]), ...(await findMarked(program, run))];
    const left = found.filter((process) => !hasEnded(process) && !killed.has(process.pid));
    if (left.length === 0) return;
    for (const { pid } of left) {
      killed.add(pid);
      sendSignal(pid, 'SIGKILL');
    }
    // What was being started during this search was not there to be killed.
    await delay(10);
  }
}

async function openOutput({ stdout, stderr, limitBytes }: NonNullable<RunOptions['output']>) {
  return {
    stdout: await OutputFile.create(stdout, limitBytes),
    stderr: await OutputFile.create(stderr, limitBytes),
  };
}

/**
 * Runs a program to its end, and ends everything that it has started. A program that fails is a result; one that cannot be
 * started throws a RigError.
 */
export async function runProgram(file: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  const startedAt = performance.now();
  const run = randomUUID();
  const files = options.output && (await openOutput(options.output));
  const program = await startProgram(file, args, { ...options, env: { ...options.env, [runVariable]: run } });
  const stdout = keepTail(program.stdout, stdoutTailBytes);
  files?.stdout.collect(program.stdout);
  files?.stderr.collect(program.stderrStream);
  const abort = () => void program.end();
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  const exit = await program.ended;
  options.signal?.removeEventListener('abort', abort);
  await killLeft(program, run);
  const durationMs = Math.floor(performance.now() - startedAt);
  const output = files && { output: { stdout: await files.stdout.finish(), stderr: await files.stderr.finish() } };
  return { ...exit, stdout: stdout(), stderr: program.stderr(), durationMs, ...output };
}
