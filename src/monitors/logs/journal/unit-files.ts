/** What unit files say and `systemctl show` does not: see systemd.unit(5). */
import { join } from 'node:path';
import { namesIn, textIn } from '../../../host/folders.ts';

/** The first ones come before the others. */
const folders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((folder) => `${folder}/systemd/system`);

/**
 * The unit that would take a name as an alias if it were enabled: it may run without, and logs under its own name. So does
 * ssh.service of Ubuntu, which its socket starts, where people say sshd. Undefined if there is none.
 */
export function findAliased(alias: string): string | undefined {
  for (const folder of folders)
    for (const name of namesIn(folder))
      if (settingsIn(join(folder, name), 'Alias').some((names) => names.split(/\s+/).includes(alias))) return name;
  return undefined;
}

/** The file that an output of a unit goes to; undefined where it depends on the instance or is not to be found. */
export function outputFileOf(
  { FragmentPath = '', DropInPaths = '' }: Record<string, string>,
  setting: 'StandardOutput' | 'StandardError',
): string | undefined {
  const files = [FragmentPath, ...DropInPaths.split(' ')].filter(Boolean);
  const value = files.flatMap((file) => settingsIn(file, setting)).at(-1) ?? '';
  const [, path] = /^(?:file|append|truncate):(\/[^%]*)$/.exec(value) ?? [];
  return path;
}

function settingsIn(path: string, setting: string): string[] {
  const lines = textIn(path).split('\n');
  return lines.filter((line) => line.startsWith(`${setting}=`)).map((line) => line.slice(setting.length + 1).trim());
}
