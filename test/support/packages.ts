import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const POLICY = '/usr/sbin/policy-rc.d';
const OUR_POLICY = '#!/bin/sh\n# Temporary, by the tests of rig: what they install need not run.\nexit 101\n';

/** The Debian packages that the tests run, beside what every Debian has. */
export const PACKAGES = [
  ...['binutils', 'bsdutils', 'debootstrap', 'gdb', 'iproute2', 'logrotate', 'mount', 'procps', 'rsyslog'],
  ...['sosreport', 'systemd', 'systemd-container', 'tcpdump', 'util-linux', 'xz-utils'],
];

export async function missingPackages(): Promise<string[]> {
  // dpkg-query fails if it knows nothing of one of them, and lists the others all the same.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const list = await execFileText('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...PACKAGES]);
  const installed = new Set(list.split('\n').flatMap((line) => line.match(/^(\S+) installed$/)?.[1] ?? []));
  return PACKAGES.filter((name) => !installed.has(name));
}

export async function installPackages(names: string[]): Promise<void> {
  console.log(`test set-up: installing ${names.join(', ')}`);
  const isOurs = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === OUR_POLICY; // a killed set-up may have left it
  if (isOurs) writeFileSync(POLICY, OUR_POLICY, { mode: 0o755 });
  try {
    await updateLists();
    const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
    await outputOf('apt-get', ['install', ...options, ...names]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

/** A source that has nothing to do with the tests may be out of reach; what is really missing, the install will say. */
export async function updateLists(): Promise<void> {
  await outputOf('apt-get', ['update']).catch((error) => console.log(`test set-up: ${error.message}`));
}

/** What a program prints; an error with its last words if it fails. */
export async function outputOf(file: string, args: string[]): Promise<string> {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`; // "su" without "-" leaves these out, and dpkg insists
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  try {
    return (await promisify(execFile)(file, args, { env, maxBuffer: 64 << 20 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[file, ...args].join(' ')} failed\n${(stdout + stderr).slice(-4000)}`, { cause: error });
  }
}

/** What a program prints, whether it succeeds or not; nothing if it is not there. */
const execFileText = (file: string, args: string[]): Promise<string> =>
  new Promise((resolve) => execFile(file, args, (_error, stdout) => resolve(stdout)));
