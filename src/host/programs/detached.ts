/** Starts programs that outlive this process. */
import { Duplex } from 'node:stream';
import { RigError } from '../../errors.ts';
import { loadExeca, ownSession } from './execa.ts';
import { ownPrograms } from './own-programs.ts';

/** A program that outlives this one. */
export interface DetachedProgram {
  pid: number;
  /** Its descriptor 3, both ways. */
  channel: Duplex;
  /** Waits until it has ended, and kills it when that takes longer than `ms`. */
  endWithin(ms: number): Promise<void>;
}

/**
 * Starts a program in a session of its own, in the folder /, with stdin, stdout and stderr on /dev/null and a channel on
 * descriptor 3. Throws a RigError when it cannot be started.
 */
export async function startDetached([file = '', ...args]: string[]): Promise<DetachedProgram> {
  const execa = await loadExeca();
  const { nodeChildProcess: child } = execa(file, args, {
    ...ownSession,
    env: ownPrograms.environment(),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const { pid } = child;
  const channel = child.stdio[3];
  if (pid === undefined || !(channel instanceof Duplex)) throw new RigError(`${file}: cannot be started`);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const endWithin = async (ms: number): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    await ended;
    clearTimeout(timer);
  };
  return { pid, channel, endWithin };
}
