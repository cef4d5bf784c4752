/** From a line, or an entry, to the program that is started: rig and a pipe of the shell in turn, at random moments. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, finished, MESSAGE } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import { clock, report, setting, spread, startedAt } from './support.ts';

/** A pipe that starts the clock for the first line with MESSAGE. */
export interface Pipe {
  /** How it is called in the table. */
  name: string;
  /** The program that follows, with its arguments. */
  follow: string;
}

export interface Latency {
  what: string;
  goal: string;
  /** What rig watches. */
  options: string[];
  pipe: Pipe;
  /** Writes MESSAGE; when, in milliseconds since the epoch. */
  write: (host: TestHost) => Promise<number>;
}

/** Starts a pipe; it follows when this returns. What is returned ends it, with the program that would not notice by itself. */
export async function startPipe(host: TestHost, { follow }: Pipe): Promise<() => Promise<void>> {
  const script = `${follow} | grep --line-buffered -m1 "${MESSAGE}" | while read line; do ${clock}; done`;
  const pipe = await host.spawn('bash', ['-c', script]);
  await waitFor('the pipe to follow', () => host.processesNamed('grep').length > 0);
  await delay(500);
  return async () => {
    for (const { pid } of host.processesNamed(follow.split(' ')[0] ?? '')) await host.kill(pid, 'SIGKILL');
    await pipe.kill();
  };
}

/** `pid` is a process that the action of rig can name. `installClock` must have been called. */
export async function benchLatency(host: TestHost, pid: number, latency: Latency): Promise<void> {
  const { what, goal, options, pipe, write } = latency;
  const times: { rig: number[]; pipe: number[] } = { rig: [], pipe: [] };
  for (let run = 0; run < setting('RUNS', 50); run++) {
    const id = await armRig(host, 'logs', '-m', MESSAGE, ...options, '--gcore', pid);
    await delay(Math.random() * 1000);
    const written = await write(host);
    times.rig.push((await startedAt(host)) - written);
    await finished(host, id);
    const end = await startPipe(host, pipe);
    await delay(Math.random() * 1000);
    const writtenAgain = await write(host);
    times.pipe.push((await startedAt(host)) - writtenAgain);
    await end();
  }
  report(what, spread(times.rig), { goal, beside: [pipe.name, spread(times.pipe)] });
}
