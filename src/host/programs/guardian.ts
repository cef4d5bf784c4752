/**
 * The guardian: a shell that waits for the death of this process, and then becomes `rig --take-down`, which cleans up.
 *
 * Why. What a daemon has started must die with it, also when the daemon gets SIGKILL or the kernel kills it for its memory. A
 * killed process can do nothing about that, and Node has no call that asks the kernel to. (PR_SET_PDEATHSIG of prctl(2) would
 * reach children only, and not the gdb that the gcore script starts, which holds the process that it dumps.)
 *
 * How. The guardian reads from a socket whose other end only the daemon has; the end is close-on-exec, so no other child gets a
 * copy. The kernel closes it when the daemon dies, for whatever reason. The read then returns, and the shell becomes `rig
 * --take-down`. That kills every process with the daemon's mark in its environment, whatever its session, and sends SIGCONT to
 * what a debugger among them held: see host/processes/tracing.ts. This takes a tenth of a second. A descriptor holds the
 * executable open, so it still works after the file was removed. Until then the guardian sleeps in read(2), with 0.1 MB of
 * memory and no CPU.
 *
 * What it does not cover. SIGKILL to a whole cgroup kills the guardian too; it kills the children with it, or the next `rig`
 * command cleans up. A thread of the daemon in uninterruptible sleep keeps the socket open until the sleep ends, and a child in
 * such a sleep dies when it ends.
 */
// Not execa: it does not pass on a descriptor that rig has opened.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { readCommandLine } from '../processes/names.ts';
import { lookAtAll, sendSignal } from '../processes/stat.ts';

/** What the guardian is found by: the $0 of its script. */
const label = 'rig-guardian';

/**
 * The word `done` on the socket says that there is nothing to clean up. The signals that it ignores end a session, a scope or a
 * foreground job: the guardian is needed just then.
 */
const script = 'trap "" HUP INT QUIT TERM; read -r word; [ "$word" = done ] || exec /proc/self/fd/3 "$@"';

export class Guardian {
  readonly #takeDown: string[];
  readonly #env: Record<string, string>;
  #stdin: Socket | undefined;

  /** `takeDown` are the arguments with which this executable cleans up after this process, `env` its environment then. */
  constructor(takeDown: string[], env: Record<string, string>) {
    this.#takeDown = takeDown;
    this.#env = env;
  }

  /** Starts it, unless it runs. A host without a shell has no guardian: the next `rig` command cleans up there. */
  start(): void {
    if (this.#stdin) return;
    const executable = openSync('/proc/self/exe', 'r');
    const shell = spawn('/bin/sh', ['-c', script, label, ...this.#takeDown], {
      detached: true,
      env: this.#env,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore', executable],
    });
    closeSync(executable);
    shell.on('error', () => {
      // No shell: see above.
    });
    const { stdin } = shell;
    if (shell.pid === undefined || !(stdin instanceof Socket)) return;
    // If somebody has killed it, the next program that is started gets another.
    shell.once('exit', () => {
      if (this.#stdin === stdin) this.#stdin = undefined;
    });
    stdin.on('error', () => {
      // It was killed: see above.
    });
    shell.unref();
    stdin.unref();
    this.#stdin = stdin;
  }

  /** Ends it: there is nothing left to clean up. */
  dismiss(): void {
    this.#stdin?.end('done\n');
    this.#stdin = undefined;
  }
}

/** Kills the guardian of a process, before that process is killed by somebody who cleans up in another way. */
export async function killGuardian(pid: number): Promise<void> {
  for (const child of lookAtAll().filter(({ parentPid }) => parentPid === pid))
    if ((await readCommandLine(child.pid)).includes(label)) sendSignal(child.pid, 'SIGKILL');
}
