import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { posix } from 'node:path';
import type { Init } from './init.ts';
import { Running } from './running.ts';
import { waitFor } from './wait.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const GIVE_UP_AFTER_MS = 5_000;
const NAMESPACES = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--root'];
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
};

/**
 * Reports its pid as seen inside on descriptor 3, changes its folder and becomes the program, in a new session: that of the test
 * runner does not exist inside, nor has anybody logged in there.
 */
const START_PROGRAM =
  '{ echo 4294967295 >/proc/self/loginuid; } 2>/dev/null; echo $$ >&3; cd "$0" || exit 126; exec setsid "$@" 3>&-';

export interface RunOptions {
  input?: string | Buffer;
  /** Added to a clean environment: nothing of the test runner's own (NODE_OPTIONS, NODE_TEST_CONTEXT...) gets in. */
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
}

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Process {
  pid: number;
  ppid: number;
  comm: string;
  args: string[];
  /** R, S, D, T (stopped), t (traced), Z... as in /proc/PID/stat. */
  state: string;
  session: number;
}

/**
 * A place with processes, mounts and files of its own, in which the tests run rig: a test host, a bare tree or a booted
 * machine. All paths and pids in its interface are those seen inside.
 */
export class Enclosure {
  /** Pid, as seen outside, of the process whose namespaces make up this place. */
  readonly pid: number;
  readonly rigPath: string;
  readonly #init: Init;
  readonly #entered = new Set<Running>();

  /** `pid` is that of `init` unless the processes live in namespaces further in, as those of a booted machine do. */
  constructor({ init, rigPath, pid = init.pid }: { init: Init; rigPath: string; pid?: number }) {
    this.#init = init;
    this.pid = pid;
    this.rigPath = rigPath;
  }

  /** Ends it with all that runs in it. Happens by itself at the end of the test. */
  async close(): Promise<void> {
    this.#init.end();
    for (const running of this.#entered) running.resumeWaiting();
    const timer = setTimeout(() => {
      for (const running of this.#entered) running.giveUpWaiting();
    }, GIVE_UP_AFTER_MS);
    await this.#init.ended;
    clearTimeout(timer);
  }

  /** Runs the rig under test to its end. */
  rig(...args: Array<string | number>): Promise<Result> {
    return this.run(this.rigPath, args.map(String));
  }

  /** Runs a script with `sh -c`: for what a user would type, with its quoting, `$(...)` and pipes. */
  sh(script: string, options: RunOptions = {}): Promise<Result> {
    return this.run('sh', ['-c', script], options);
  }

  /**
   * Runs a program until it has ended *and* nothing holds its output any more, as `$(...)` in a shell would; so a
   * daemon that keeps its parent's stdout shows up as a time-out.
   */
  async run(file: string, args: string[] = [], options: RunOptions = {}): Promise<Result> {
    const { input, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const running = await this.#start(file, args, options);
    running.end(input);
    let killed = false;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killed = !running.hasEnded();
      void running.abandon();
    }, timeoutMs);
    const { code, signal } = await running.closed.finally(() => clearTimeout(timer));
    const { stdout, stderr } = running;
    if (timedOut) {
      const how = killed ? 'had not ended and was killed' : 'had ended, but something kept its output open';
      throw new Error(`${[file, ...args].join(' ')}: after ${timeoutMs} ms it ${how}${shown(stdout, stderr)}`);
    }
    return { code, signal, stdout, stderr };
  }

  /** Like run, and throws unless the program succeeded: for the preparations of a test. */
  async must(file: string, args: string[] = [], options: RunOptions = {}): Promise<string> {
    const result = await this.run(file, args, options);
    if (result.code === 0) return result.stdout;
    const how = result.signal ?? `exit code ${result.code}`;
    throw new Error(`${[file, ...args].join(' ')}: ${how}${shown(result.stdout, result.stderr)}`);
  }

  /** Starts a program that goes on running; returns once it really is that program, so that pidof finds it. */
  async spawn(file: string, args: string[] = [], options: Omit<RunOptions, 'timeoutMs'> = {}): Promise<Running> {
    const running = await this.#start(file, args, options);
    running.end(options.input);
    await this.#becomesProgram(running, file);
    return running;
  }

  /** Like spawn, with standard input left open for the test to write to. */
  async spawnInteractive(file: string, args: string[] = [], options: Omit<RunOptions, 'input'> = {}): Promise<Running> {
    const running = await this.#start(file, args, options);
    await this.#becomesProgram(running, file);
    return running;
  }

  /** Sends a signal to any process inside; false if there is no such process. */
  async kill(pid: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
    const { code } = await this.sh(`kill -s ${signal.replace(/^SIG/, '')} ${pid}`);
    return code === 0;
  }

  /** Every process inside but PID 1, which is the test's own. */
  processes(): Process[] {
    return this.#pids().flatMap((pid) => (pid === 1 ? [] : (this.process(pid) ?? [])));
  }

  /** One process, or undefined if it has gone. */
  process(pid: number): Process | undefined {
    try {
      const stat = this.read(`/proc/${pid}/stat`);
      const nameEnd = stat.lastIndexOf(')'); // the name may itself hold blanks and brackets
      const [state, ppid, , session] = stat.slice(nameEnd + 2).split(' ');
      return {
        pid,
        ppid: Number(ppid),
        comm: stat.slice(stat.indexOf('(') + 1, nameEnd),
        args: this.read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1),
        state: state ?? '?',
        session: Number(session),
      };
    } catch {
      return undefined; // it ended while we looked
    }
  }

  /** The environment a process was started with. */
  environ(pid: number): Record<string, string> {
    const pairs = this.read(`/proc/${pid}/environ`).split('\0').filter(Boolean);
    return Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  /**
   * Running processes whose name (comm) or the base name of whose first argument is `name`. A zombie does not count.
   */
  processesNamed(name: string): Process[] {
    const isNamed = ({ comm, args }: Process) => comm === name || posix.basename(args[0] ?? '') === name;
    return this.processes().filter((process) => process.state !== 'Z' && isNamed(process));
  }

  read(path: string): string {
    return readFileSync(this.outside(path), 'utf8');
  }

  readBuffer(path: string): Buffer {
    return readFileSync(this.outside(path));
  }

  write(path: string, content: string | Buffer): void {
    const outside = this.outside(path);
    mkdirSync(posix.dirname(outside), { recursive: true });
    writeFileSync(outside, content);
  }

  /**
   * Puts a shell script in front of a real program, for what that cannot be made to do: to hang, to lie, to die half-way. Under a new
   * name it is a program of the test's own.
   */
  standIn(name: string, script: string): void {
    const path = `/usr/local/bin/${name}`;
    this.write(path, `#!/bin/sh\n${script}\n`);
    chmodSync(this.outside(path), 0o755);
  }

  append(path: string, content: string | Buffer): void {
    appendFileSync(this.outside(path), content);
  }

  exists(path: string): boolean {
    return existsSync(this.outside(path));
  }

  /** The names in a folder, sorted; none if there is no such folder. */
  list(dir: string): string[] {
    return this.exists(dir) ? readdirSync(this.outside(dir)).sort() : [];
  }

  /** Finished archives, oldest name first: the default place unless another is named. */
  archives(dir = '/var/tmp'): string[] {
    return this.list(dir)
      .filter((name) => /^rig-.*\.tar\.gz$/.test(name))
      .map((name) => posix.join(dir, name));
  }

  /** Waits for the one archive and returns its path. */
  archive({ withinMs = 30_000, dir = '/var/tmp' } = {}): Promise<string> {
    return waitFor(`an archive in ${dir}`, () => this.archives(dir)[0] ?? false, { withinMs });
  }

  /** The names in a tar file, however it is compressed. */
  async tarList(path: string): Promise<string[]> {
    return (await this.must('tar', ['-tf', path])).split('\n').filter(Boolean);
  }

  /** Unpacks a tar file into a new folder inside, which goes with the place, and returns that folder. */
  async tarExtract(path: string): Promise<string> {
    const dir = (await this.must('mktemp', ['-d', '/tmp/extracted.XXXXXX'])).trim();
    await this.must('tar', ['-xf', path, '-C', dir], { timeoutMs: 120_000 });
    return dir;
  }

  /** The manifest of a rig's archive. */
  async manifest<T = Record<string, unknown>>(path: string): Promise<T> {
    const json = await this.must('tar', ['-xOf', path, '--wildcards', '--no-wildcards-match-slash', '*/manifest.json']);
    return JSON.parse(json) as T;
  }

  /**
   * Where a path inside is found from outside. Links are followed here and not by the kernel, which would take an
   * absolute one (/var/run -> /run) for a path of the real host.
   */
  outside(path: string): string {
    const root = `/proc/${this.pid}/root`;
    const pending = posix.resolve('/', path).split('/').filter(Boolean);
    let resolved = '/';
    for (let hops = 0; pending.length > 0; ) {
      const next = posix.join(resolved, pending.shift() ?? '');
      const link = readLink(root + next);
      if (link === undefined) {
        resolved = next;
      } else {
        if (++hops > 40) throw new Error(`too many links in ${path}`);
        pending.unshift(...link.split('/').filter(Boolean));
        if (link.startsWith('/')) resolved = '/';
      }
    }
    return root + resolved;
  }

  async #start(file: string, args: string[], { env = {}, cwd = '/' }: RunOptions): Promise<Running> {
    const command = [...NAMESPACES, '--target', String(this.pid), 'sh', '-c', START_PROGRAM, cwd, file, ...args];
    const child = spawn('nsenter', command, {
      env: { ...ENVIRONMENT, ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const running = new Running(child, (pid, signal) => this.kill(pid, signal));
    this.#entered.add(running);
    void running.closed.finally(() => this.#entered.delete(running)).catch(() => {});
    await running.started;
    return running;
  }

  #becomesProgram(running: Running, file: string): Promise<true> {
    const isStarting = () => {
      const found = this.process(running.pid);
      if (found === undefined) return false;
      return isBetweenPrograms(found) || found.args.includes(START_PROGRAM) || isSetsid(found.args);
    };
    const isSetsid = ([name]: string[]) => name === 'setsid' && file !== 'setsid';
    return waitFor(`${file} to start`, () => running.hasEnded() || !isStarting());
  }

  #pids(): number[] {
    return this.list('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .sort((a, b) => a - b);
  }
}

/** Whether a process is inside execve(2): until that is done it has no arguments and no environment. */
export const isBetweenPrograms = ({ args, state }: Process): boolean => args.length === 0 && state !== 'Z';

const shown = (stdout: string, stderr: string): string => `\nstdout: ${stdout}\nstderr: ${stderr}`;

/** The target of a symbolic link; undefined for anything else. */
function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // not a link, or nothing there
  }
}
