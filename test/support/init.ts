import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const INIT = fileURLToPath(new URL('./init.sh', import.meta.url));
const CGROUP = fileURLToPath(new URL('./cgroup.sh', import.meta.url));
const BUILT_RIG = fileURLToPath(new URL('../../dist/rig', import.meta.url));
const START_WITHIN_MS = 20_000;

export interface Init {
  /** Pid, seen outside, of PID 1. */
  pid: number;
  /** Ends PID 1, and with it all that runs inside. */
  end(): void;
  /** Resolved when every process inside is gone. */
  ended: Promise<void>;
}

/** The binary under test; a clear word if it was not built. */
export function builtRig(binary = BUILT_RIG): string {
  if (existsSync(binary)) return binary;
  throw new Error(`${binary} does not exist: build it first with "npm run build"`);
}

/** Starts PID 1 of a new set of namespaces, and waits until its mounts are in place. */
export async function startInit(mode: 'host' | 'tree' | 'machine', args: string[]): Promise<Init> {
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child'];
  const unshare = ['unshare', ...namespaces, '--propagation', 'private', 'bash', INIT, mode, ...args];
  const [file = '', ...rest] = mode === 'machine' ? ['bash', CGROUP, ...unshare] : unshare;
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('error', () => resolve()).once('close', () => resolve()));
  const pid = await readPid(child);
  // Not by a signal: once it has ended, its pid may be somebody else's.
  return { pid, ended, end: () => child.stdin.end() };
}

function readPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    const fail = (why: string) => reject(new Error(`the test host did not start: ${why}\n${stderr}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`nothing after ${START_WITHIN_MS} ms`);
    }, START_WITHIN_MS);
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
      const pid = /^ready (\d+)$/m.exec(stdout)?.[1];
      if (pid !== undefined) {
        clearTimeout(timer);
        resolve(Number(pid));
      }
    });
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`exit code ${code}; are you root?`);
    });
  });
}
