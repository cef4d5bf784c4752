import { execFile } from 'node:child_process';

/** The Debian packages that the tests run, beside what every Debian has. */
export const PACKAGES = [
  ...['binutils', 'bsdutils', 'debootstrap', 'gdb', 'iproute2', 'logrotate', 'mount', 'procps', 'rsyslog', 'sosreport'],
  ...['systemd', 'systemd-container', 'systemd-journal-remote', 'tcc', 'tcpdump', 'util-linux', 'xz-utils'],
];

export async function missingPackages(): Promise<string[]> {
  // dpkg-query fails if it knows nothing of one of them, and lists the others all the same.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const list = await execFileText('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...PACKAGES]);
  const installed = new Set(list.split('\n').flatMap((line) => line.match(/^(\S+) installed$/)?.[1] ?? []));
  return PACKAGES.filter((name) => !installed.has(name));
}

/** What a program prints, whether it succeeds or not; nothing if it is not there. */
const execFileText = (file: string, args: string[]): Promise<string> =>
  new Promise((resolve) => execFile(file, args, (_error, stdout) => resolve(stdout)));
