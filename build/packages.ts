/** The programs of the host that the build and the demonstration run, and the Debian packages that they come in. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const packageOf = {
  gcore: 'gdb',
  journalctl: 'systemd',
  sosreport: 'sosreport',
  strip: 'binutils',
} as const;

type Program = keyof typeof packageOf;

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder of PATH
    }
  });
}

function aptGet(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, error, stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
  if (error || status !== 0)
    throw new Error(`apt-get ${args.join(' ')} failed: ${error?.message ?? (stdout + stderr).trim().slice(-2000)}`);
}

/** Installs what is missing where that is possible (root, Debian); otherwise throws one line that names the packages. */
export function ensurePrograms(...programs: Program[]): void {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[program]))];
  if (process.geteuid?.() !== 0 || !isOnPath('apt-get'))
    throw new Error(`${missing.join(', ')} missing: install ${packages.join(' ')}`);
  process.stderr.write(`installing ${packages.join(' ')} (apt-get)\n`);
  aptGet('update', '-qq');
  aptGet('install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages);
}
