/** The programs of the host that the build and the demonstration run, and the Debian packages that they come in. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { installPackages } from './apt.ts';

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

/** Installs what is missing where that is possible (root, Debian); otherwise throws one line that names the packages. */
export async function ensurePrograms(...programs: Program[]): Promise<void> {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOf[program]))];
  if (process.geteuid?.() !== 0 || !isOnPath('apt-get'))
    throw new Error(`${missing.join(', ')} missing: install ${packages.join(' ')}`);
  await installPackages(packages);
}
