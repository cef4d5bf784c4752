/** Who types a command. */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Caller {
  /** A user name; a number where the host has no name for it. */
  user: string;
  /** `pts/0`, `tty1`; null without a terminal, as from cron. */
  tty: string | null;
}

/** What /proc/self/loginuid holds for a process that belongs to no login: proc(5). */
const noLogin = 4294967295;

/** Who called sudo(8), else who logged in, else the user that this process runs as. */
export function readCaller(environment: NodeJS.ProcessEnv = process.env): Caller {
  const { SUDO_USER: sudoUser } = environment;
  // With sudo in a shell of root's, the login says more.
  const user = sudoUser && sudoUser !== 'root' ? sudoUser : nameOf(loginUid() ?? process.geteuid?.() ?? 0);
  return { user, tty: readTerminal() };
}

/** `alice on pts/0` */
export const callerWords = ({ user, tty }: Caller): string => (tty === null ? user : `${user} on ${tty}`);

function loginUid(): number | undefined {
  try {
    const uid = Number.parseInt(readFileSync('/proc/self/loginuid', 'latin1'), 10);
    return Number.isNaN(uid) || uid === noLogin ? undefined : uid;
  } catch {
    return undefined; // a kernel without audit
  }
}

/** The name of a user in passwd(5), else the number. */
function nameOf(uid: number): string {
  try {
    const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
    const name = entries.map((entry) => entry.split(':')).find((fields) => fields[2] === String(uid))?.[0];
    return name || String(uid);
  } catch {
    return String(uid);
  }
}

/** The terminal of standard input, error or output: in `id=$(rig ...)` the last is a pipe. */
function readTerminal(): string | null {
  for (const descriptor of [0, 2, 1]) {
    try {
      const [, tty] = /^\/dev\/((?:pts\/|tty)[^ ]+)$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`)) ?? [];
      if (tty !== undefined) return tty;
    } catch {
      // It is closed, or there is no /proc.
    }
  }
  return null;
}
