/** Real processes for the tests of host/ and actions/; they end with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ProcessStat, readProcess } from '../../src/host/processes/stat.ts';
import { waitFor } from './wait.ts';

/** Starts a program in a process group of its own; the group is killed when the test ends. */
export async function start(t: TestContext, file: string, args: string[]): Promise<ChildProcess & { pid: number }> {
  const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  t.after(() => end(child));
  return child as ChildProcess & { pid: number };
}

/** Kills a program with all that it has started, and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  const closed = child.stdout?.closed ? undefined : once(child, 'close');
  // The group also when its leader has ended: gdb's `shell` outlives gdb, and would keep the pipe open.
  signalGroup(child.pid ?? 0);
  await closed;
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

/** A process that sleeps: not a child of this one, which rig would take for a program of its own. */
export async function startStranger(t: TestContext, program = '/bin/sleep'): Promise<number> {
  // The shell ends at once, and its child goes to whoever adopts orphans here.
  const shell = spawn('sh', ['-c', '"$0" 1000 >/dev/null 2>&1 </dev/null & echo $!', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.on('data', (chunk) => (said += chunk));
  await once(shell, 'close');
  const pid = Number(said);
  t.after(() => kill(pid));
  // Asleep: before that it is the shell, or a program that is still being loaded.
  await waitFor('the program to sleep', async () => {
    const found = await readProcess(pid);
    return found?.comm !== 'sh' && found?.state === 'S';
  });
  return pid;
}

/** Ends a process that is nobody's child here; waits until it is gone, or a zombie that nobody has collected. */
export async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return; // it has ended
  }
  await waitFor('the process to end', async () => ['Z', undefined].includes((await readProcess(pid))?.state));
}

/** A copy of sleep under another name, for a process that is found by it. */
export function copySleep(folder: string, name: string): string {
  const path = join(folder, name);
  copyFileSync('/bin/sleep', path);
  return path;
}

/** A process that must exist. */
export async function mustRead(pid: number): Promise<ProcessStat> {
  const found = await readProcess(pid);
  if (found === undefined) throw new Error(`there is no process ${pid}`);
  return found;
}
