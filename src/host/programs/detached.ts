/** Starts programs that outlive this process. */
import { Duplex } from 'node:stream';
import { RigError } from '../../errors.ts';
import { loadExeca, ownSession } from './execa.ts';
import { childEnvironment } from './owner.ts';

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
