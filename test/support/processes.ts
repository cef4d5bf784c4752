/** Real processes for the tests of host/ and actions/; they end with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { foundIn } from '../../src/host/processes/read-at-once.ts';
import { lookAt, type ProcessStat } from '../../src/host/processes/stat.ts';
import { waitFor } from './wait.ts';

/** A process by its pid; undefined where none can be seen. */
export const seen = (pid: number): ProcessStat | undefined => foundIn(lookAt(pid));

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

/** Starts a process that sleeps. It is no child of this one: rig would take that for a program of its own. */
export async function startStranger(t: TestContext, program = '/bin/sleep'): Promise<number> {
  // The shell ends at once, and PID 1 adopts its child.
  const shell = spawn('sh', ['-c', '"$0" 1000 >/dev/null 2>&1 </dev/null & echo $!', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.on('data', (chunk) => (said += chunk));
  await once(shell, 'close');
  const pid = Number(said);
  t.after(() => kill(pid));
  // Before it sleeps it is the shell, or a program that is still being loaded.
  await waitFor('the program to sleep', async () => {
    const found = await seen(pid);
    return found?.comm !== 'sh' && found?.state === 'S';
  });
  return pid;
}

/** Kills a process that is no child of this one, and waits until it is gone or a zombie. */
export async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return; // it has ended
  }
  await waitFor('the process to end', async () => ['Z', undefined].includes((await seen(pid))?.state));
}

/** A copy of sleep under another name, for a process that is found by it. */
export function copySleep(folder: string, name: string): string {
  const path = join(folder, name);
  copyFileSync('/bin/sleep', path);
  return path;
}

/** A process that must exist. */
export async function mustRead(pid: number): Promise<ProcessStat> {
  const found = await seen(pid);
  if (found === undefined) throw new Error(`there is no process ${pid}`);
  return found;
}

/** A process that lives on in a thread after its main thread has ended: at its pid there is a zombie. */
export async function startWithoutMainThread(t: TestContext): Promise<number> {
  const program = `
import ctypes, threading, time
threading.Thread(target=time.sleep, args=[1000]).start()
ctypes.CDLL(None).pthread_exit(None)`;
  const { pid } = await start(t, 'python3', ['-c', program]);
  await waitFor('the main thread to end', () => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return pid;
}
