import { execFile } from 'node:child_process';

/** The Debian packages that the tests run, beside what every Debian has. */
export const PACKAGES = [
  ...['bindfs', 'binutils', 'bsdutils', 'debootstrap', 'gdb', 'iproute2', 'logrotate', 'mount', 'procps', 'rsyslog'],
  ...[
    'sosreport',
    'systemd',
    'systemd-container',
    'systemd-journal-remote',
    'tcc',
    'tcpdump',
    'util-linux',
    'xz-utils',
  ],
];

/** The Debian packages among `names` that are not installed. */
export async function missingPackages(names = PACKAGES): Promise<string[]> {
  // dpkg-query fails if it does not know one of them, but still lists the others.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const list = await execFileText('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names]);
  const installed = new Set(list.split('\n').flatMap((line) => line.match(/^(\S+) installed$/)?.[1] ?? []));
  return names.filter((name) => !installed.has(name));
}

/** What a program prints, whether it succeeds or not; nothing if it is not there. */
const execFileText = (file: string, args: string[]): Promise<string> =>
  new Promise((resolve) => execFile(file, args, (_error, stdout) => resolve(stdout)));
