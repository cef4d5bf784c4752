/** Whether this host is being shut down. */
import { existsSync } from 'node:fs';
import { findProgram } from './programs/find-program.ts';
import { runProgram } from './programs/run-program.ts';

/** How long the host's init may take to answer. */
const answerMs = 3000;

/** What systemd says from the request of a shutdown or reboot on: is-system-running in systemctl(1). */
const systemdWord = 'stopping';

/** Runlevels 0 and 6 are halt and reboot: runlevel(8). */
const runlevels = /^\S+ [06]$/;

/** Asks systemd, or else looks at the runlevel. Never rejects: false if nobody knows. */
export async function isHostGoingDown(): Promise<boolean> {
  // sd_booted(3)
  if (existsSync('/run/systemd/system')) return (await ask('systemctl', 'is-system-running')) === systemdWord;
  return runlevels.test(await ask('runlevel'));
}

async function ask(name: string, ...args: string[]): Promise<string> {
  try {
    const program = await findProgram(name);
    if (program === undefined) return '';
    return (await runProgram(program, args, { signal: AbortSignal.timeout(answerMs) })).stdout.trim();
  } catch {
    return '';
  }
}
