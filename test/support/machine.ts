import { readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Enclosure } from './enclosure.ts';
import { builtRig, type Init, startInit } from './init.ts';
import type { Running } from './running.ts';
import { treeFolder } from './trees.ts';
import { waitFor } from './wait.ts';

const BOOT_WITHIN_MS = 60_000;
const SERVICES = ['systemd-journald', 'systemd-logind', 'rsyslog', 'dbus'];

/** Shows the exit code of the last command; matched, it cannot be taken for the echo of the line that sets it. */
const PROMPT = '<test-prompt $?>';
const PROMPTED = /<test-prompt (\d+)>/;

/**
 * Boots a customer's host: systemd as PID 1 with journald, logind, dbus and rsyslog, rig copied to /usr/local/bin, and
 * the users alice (may sudo without a password) and bob (may not). It ends with the test, as if the plug were pulled. With
 * `unified` it has cgroups of version 2 only; without, those of this machine.
 */
export async function bootMachine(
  t: TestContext,
  { binary, unified = false }: { binary?: string; unified?: boolean } = {},
): Promise<Machine> {
  const hierarchy = unified ? ['unified'] : [];
  const init = await startInit('machine', [builtRig(binary), treeFolder('systemd'), ...hierarchy]);
  t.after(async () => {
    init.end();
    await init.ended;
  });
  const machine = await enterMachine(init);
  t.after(() => machine.close());
  return machine;
}

/** Waits until a machine is up whose systemd is another process than `earlier`. */
async function enterMachine(init: Init, earlier?: number): Promise<Machine> {
  const console = () => readFileSync(`/proc/${init.pid}/root/run/console`, 'utf8');
  const started = () => {
    const pid = findSystemd(init.pid);
    return pid === earlier ? undefined : pid;
  };
  const pid = await waitFor('systemd to start', started, { withinMs: BOOT_WITHIN_MS }).catch((error) => {
    throw new Error(`the machine did not boot\n${console()}`, { cause: error });
  });
  const machine = new Machine(init, pid);
  await machine.isUp();
  return machine;
}

export class Machine extends Enclosure {
  readonly #init: Init;
  #logins = 0;

  constructor(init: Init, pid: number) {
    super({ init, pid, rigPath: '/usr/local/bin/rig' });
    this.#init = init;
  }

  /** Reboots. Resolves to the machine after it, with the same disk; this one is gone. */
  async reboot(): Promise<Machine> {
    await this.run('systemctl', ['reboot']);
    return await enterMachine(this.#init, this.pid);
  }

  /** Waits until the boot is over and everything a log line passes through runs. */
  async isUp(): Promise<void> {
    await waitFor('the machine to be up', () => this.#bootIsOver(), { withinMs: BOOT_WITHIN_MS });
    for (const service of SERVICES) {
      await waitFor(`${service} to run`, async () => (await this.run('systemctl', ['is-active', service])).code === 0);
    }
  }

  /**
   * Logs a user in on a terminal of the machine, with login(1) as a getty does it, and returns when logind knows the
   * session.
   */
  async userSession(user: string): Promise<UserSession> {
    const before = new Set(await this.sessions());
    const unit = `test-login-${++this.#logins}.service`;
    // A service, because a process that nsenter brought in would come from a cgroup outside of the machine.
    const options = ['--quiet', '--pipe', '--wait', '--collect', `--unit=${unit}`];
    const terminal = await this.spawnInteractive('systemd-run', [
      ...options,
      ...['script', '--quiet', '--flush', '--command', `login -f ${user}`, '/dev/null'],
    ]);
    const id = await waitFor(`a session of ${user}`, async () => {
      if (terminal.hasEnded()) throw new Error(`the login ended: ${terminal.stdout}${terminal.stderr}`);
      return (await this.sessions()).find((session) => !before.has(session));
    });
    const session = new UserSession(this, terminal, id, unit);
    await session.isReady();
    return session;
  }

  /** The sessions that logind knows. */
  async sessions(): Promise<string[]> {
    const list = await this.must('loginctl', ['list-sessions', '--no-legend']);
    return list.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
  }

  /** Starts a transient unit, and returns once its process really is that program: systemd calls a unit active before that. */
  async startUnit(name: string, ...command: string[]): Promise<void> {
    await this.must('systemd-run', [`--unit=${name}`, '--property=Type=exec', ...command]);
  }

  async #bootIsOver(): Promise<boolean> {
    const { stdout } = await this.run('systemctl', ['is-system-running']);
    return ['running', 'degraded'].includes(stdout.trim());
  }
}

/** A person at a terminal. */
export class UserSession {
  /** The session's scope is `session-ID.scope`. */
  readonly id: string;
  readonly #machine: Machine;
  readonly #terminal: Running;
  readonly #unit: string;

  constructor(machine: Machine, terminal: Running, id: string, unit: string) {
    this.#machine = machine;
    this.#terminal = terminal;
    this.id = id;
    this.#unit = unit;
  }

  /** Waits for the shell, and makes what it prints easy to read. */
  async isReady(): Promise<void> {
    await this.run(`stty -echo -onlcr; bind 'set enable-bracketed-paste off'; PS1='${PROMPT}'`);
  }

  /**
   * Types one command line; returns what the terminal shows until the shell prompts again, stdout and stderr in one.
   * The prompt tells the end: a second line typed ahead for that would be swallowed by sudo, which flushes input.
   */
  async run(command: string, { withinMs = 30_000 } = {}): Promise<{ code: number; output: string }> {
    const from = this.#terminal.stdout.length;
    const shown = () => this.#terminal.stdout.slice(from);
    this.#terminal.type(`${command}\n`);
    const match = await waitFor(`"${command}" to end`, () => PROMPTED.exec(shown()), { withinMs }).catch((error) => {
      throw new Error(`${error.message}\nterminal: ${shown()}`, { cause: error });
    });
    return { code: Number(match[1]), output: shown().slice(0, match.index) };
  }

  /** Leaves the shell, as with `exit`, and waits until the session and all that logind ends with it are gone. */
  async logout(): Promise<void> {
    this.#terminal.type('exit\n');
    await this.#isGone();
  }

  /** The terminal goes away under the shell: a lost connection, a closed window. */
  async hangUp(): Promise<void> {
    await this.#machine.must('systemctl', ['kill', '--signal=KILL', '--kill-whom=main', this.#unit]);
    await this.#isGone();
  }

  async #isGone(): Promise<void> {
    await waitFor('the terminal to close', () => this.#terminal.hasEnded());
    await waitFor(`session ${this.id} to end`, async () => !(await this.#machine.sessions()).includes(this.id));
    const scope = `session-${this.id}.scope`;
    const isActive = async () => (await this.#machine.run('systemctl', ['is-active', '--quiet', scope])).code === 0;
    await waitFor(`${scope} to end`, async () => !(await isActive()));
  }
}

/** The systemd that nspawn, a grandchild of our init, has started; its pid as seen here. */
function findSystemd(init: number): number | undefined {
  const parents = new Map<number, number>();
  const systemds: number[] = [];
  for (const name of readdirSync('/proc')) {
    const match = /^(\d+) \((.*)\) \S (\d+)/.exec(statOf(name));
    if (match) parents.set(Number(match[1]), Number(match[3]));
    if (match?.[2] === 'systemd') systemds.push(Number(match[1]));
  }
  const parentOf = (pid: number): number => parents.get(pid) ?? 0;
  return systemds.find((pid) => parentOf(parentOf(parentOf(pid))) === init);
}

function statOf(name: string): string {
  try {
    return /^\d+$/.test(name) ? readFileSync(`/proc/${name}/stat`, 'utf8') : '';
  } catch {
    return ''; // it has ended
  }
}
