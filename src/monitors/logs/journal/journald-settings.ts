/** What journald is told to do: see journald.conf(5). */
import { join } from 'node:path';
import { namesIn, textIn } from '../../../host/folders.ts';

/** The first ones come before the others. */
const folders = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd', '/lib/systemd'];

/** A setting, and the file that has it. */
export interface JournaldSetting {
  value: string;
  path: string;
}

/** The value of a setting, in lower case; undefined where no file sets it. */
export function journaldSetting(name: string): JournaldSetting | undefined {
  let found: JournaldSetting | undefined;
  // A link to /dev/null switches a drop-in off.
  for (const path of configFiles())
    for (const line of textIn(path).split('\n')) {
      const [, key, value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      // An empty value undoes what came before.
      if (key === name) found = value === '' ? undefined : { value: value.toLowerCase(), path };
    }
  return found;
}

/** The main file, then the drop-ins in the order of their names; of files with one name the first counts. */
function configFiles(): string[] {
  const dropIns = new Map<string, string>();
  for (const folder of folders.map((each) => join(each, 'journald.conf.d')))
    for (const name of namesIn(folder).filter((each) => each.endsWith('.conf')))
      if (!dropIns.has(name)) dropIns.set(name, join(folder, name));
  const main = folders.find((folder) => namesIn(folder).includes('journald.conf'));
  const sorted = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...(main === undefined ? [] : [join(main, 'journald.conf')]), ...sorted];
}
