/**
 * The guardian: a shell that waits for the death of this process, and then has this executable put in order what is left.
 *
 * It makes sure that what a daemon has started dies with it, also when it gets SIGKILL or the kernel takes it for its memory:
 * nothing in a killed process can do that, and no call that Node offers asks the kernel to (PR_SET_PDEATHSIG of prctl(2) would
 * reach children only: not the gdb which the script gcore starts, and which holds the process that it dumps).
 *
 * How it works. The guardian reads from a socket whose other end only the daemon has (it is close-on-exec, so no other child
 * gets a copy). The kernel closes it when the daemon dies, by whatever: the read ends, and the shell becomes `rig --take-down`.
 * That kills what carries the daemon's mark in its environment, grandchildren in sessions of their own included, and sends
 * SIGCONT to whatever a debugger among them held: see host/processes/tracing.ts. It takes a tenth of a second. The executable is
 * held open by a descriptor: it works after the file was removed. Until then the guardian sleeps in read(2): 0.1 MB of memory and no CPU.
 *
 * What it does not cover. Who kills the guardian too (a whole cgroup, by SIGKILL) kills the children with them or leaves them
 * to the next `rig` command, which does the same. A thread of the daemon in uninterruptible sleep keeps the socket open until
 * that ends. A child in such a sleep dies when that ends.
 */
// Not by execa: it hands on no descriptor of ours.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { readCommandLine } from '../processes/names.ts';
import { listPids, readProcess, sendSignal } from '../processes/stat.ts';

/**
 * A word on the socket means that there is nothing to be put in order. The signals are those that end a session, a scope or a
 * foreground job: it is just then that it is needed.
 */
const label = 'rig-guardian';
const script = 'trap "" HUP INT QUIT TERM; read -r word; [ "$word" = done ] || exec /proc/self/fd/3 "$@"';

export class Guardian {
  readonly #takeDown: string[];
  readonly #env: Record<string, string>;
  #stdin: Socket | undefined;

  /** `takeDown` are the arguments with which this executable puts in order what this process leaves, `env` its environment. */
  constructor(takeDown: string[], env: Record<string, string>) {
    this.#takeDown = takeDown;
    this.#env = env;
  }

  /** Starts it, unless it runs already. On a host without a shell there is none: what is left waits for the next `rig` command. */
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
      // No shell: said above.
    });
    const { stdin } = shell;
    if (shell.pid === undefined || !(stdin instanceof Socket)) return;
    // Somebody has killed it: the next program gets another.
    shell.once('exit', () => {
      if (this.#stdin === stdin) this.#stdin = undefined;
    });
    stdin.on('error', () => {
      // It is gone: said above.
    });
    shell.unref();
    stdin.unref();
    this.#stdin = stdin;
  }

  /** Ends it: nothing that would have to be put in order is left. */
  dismiss(): void {
    this.#stdin?.end('done\n');
    this.#stdin = undefined;
  }
}

/** Kills the guardian of a process, for who is going to kill that one and puts in order what it leaves in another way. */
export async function killGuardian(pid: number): Promise<void> {
  for (const candidate of await listPids()) {
    if ((await readProcess(candidate))?.parentPid !== pid) continue;
    if ((await readCommandLine(candidate)).includes(label)) sendSignal(candidate, 'SIGKILL');
  }
}
