/** Where the files of a journal are, on this host or in a folder. */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { namesIn } from '../../../host/folders.ts';

/** Where journald keeps its files, in memory and on disk: see systemd-journald.service(8). */
const runtimeFolder = '/run/log/journal';
const journalFolders = [runtimeFolder, '/var/log/journal'];
const journalSocket = '/run/systemd/journal/socket';

/** The folder of one machine. A namespace has `.NAME` behind it, and journalctl shows that only when asked to. */
const machineName = /^[0-9a-f]{32}$/;
/** With `~`, journald found the file broken and put it aside. */
const fileName = /\.journal~?$/;

/**
 * The folders that may hold files of a journal, whether they exist or not. Of this host: those of this machine, as in
 * journalctl. With `dir`: that folder and the folders of all machines in it.
 */
export function foldersOfJournal(dir?: string): string[] {
  if (dir !== undefined) return [dir, ...machinesIn(dir)];
  const machine = readMachineId();
  if (machine === undefined) return journalFolders.flatMap(machinesIn);
  return journalFolders.map((folder) => join(folder, machine));
}

/** The paths of all files of a journal. */
export function findJournalFiles(dir?: string): string[] {
  return foldersOfJournal(dir).flatMap((folder) =>
    namesIn(folder)
      .filter((name) => fileName.test(name))
      .map((name) => join(folder, name)),
  );
}

/** Whether a file is in memory: journald may still move its entries to disk. */
export function isRuntime(path: string): boolean {
  return path.startsWith(`${runtimeFolder}/`);
}

/** Whether journald writes to a file of this name. It renames those that are full or broken. */
export function isLiveName(path: string): boolean {
  const name = basename(path);
  return !name.includes('@') && !name.endsWith('~');
}

/** Why there is no journal on this host; undefined where there is one, or a journald that will make one. */
export function reasonForNoJournal(): string | undefined {
  const hasJournald = statSync(journalSocket, { throwIfNoEntry: false })?.isSocket() ?? false;
  return hasJournald || findJournalFiles().length > 0
    ? undefined
    : 'no journald is running, and there are no journal files';
}

function readMachineId(): string | undefined {
  try {
    const text = readFileSync('/etc/machine-id', 'latin1').trim();
    return machineName.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function machinesIn(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => machineName.test(name))
    .map((name) => join(folder, name));
}
