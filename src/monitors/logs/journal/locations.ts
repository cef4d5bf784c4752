/** Where the files of a journal are, on this host or in a folder. */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readBootId } from '../../../host/boot.ts';
import { namesIn } from '../../../host/folders.ts';
import type { JournalPlan } from '../plan.ts';
import { orUndefined } from './format/error.ts';
import { JournalFile } from './format/journal-file.ts';
import { journaldSetting } from './journald-settings.ts';

/** Which journal: a folder, or that of this host and the namespaces beside it. */
export type JournalPlace = Partial<{ [key in 'dir' | 'namespaces']: JournalPlan[key] | undefined }>;

/** Where journald keeps its files, in memory and on disk: see systemd-journald.service(8). */
const runtimeFolder = '/run/log/journal';
const diskFolder = '/var/log/journal';
const journalFolders = [runtimeFolder, diskFolder];
const journalSocket = '/run/systemd/journal/socket';

/** The folder of one machine. A namespace has `.NAME` behind it, and journalctl shows that only when asked to. */
const machineName = /^[0-9a-f]{32}$/;
/** With `~`, journald found the file broken and put it aside. */
const fileName = /\.journal~?$/;

/**
 * The folders that may hold files of a journal, whether they exist or not: those of this host, or with `dir` that folder and the
 * folders of all machines in it.
 */
export function foldersOfJournal({ dir, namespaces = [] }: JournalPlace): string[] {
  if (dir !== undefined) return [dir, ...machinesIn(dir)];
  const own = foldersOfHost();
  return [...own, ...namespaces.flatMap((name) => own.map((folder) => `${folder}.${name}`))];
}

/**
 * In memory there is only what this host's journald writes, as journalctl has it. Until it is started again, journald goes on with
 * the id that the machine had then; on disk that folder is known by the boot in which it was written.
 */
function foldersOfHost(): string[] {
  const machine = readMachineId();
  const own = machine === undefined ? [] : journalFolders.map((folder) => join(folder, machine));
  const others = machinesIn(diskFolder).filter((folder) => !own.includes(folder));
  const onDisk = others.filter((folder) => machine === undefined || isOfThisBoot(folder));
  return [...new Set([...own, ...machinesIn(runtimeFolder), ...onDisk])];
}

function isOfThisBoot(folder: string): boolean {
  const live = namesIn(folder).filter((name) => fileName.test(name) && isLiveName(name));
  return live.some((name) => bootOf(join(folder, name)) === readBootId());
}

/** The boot in which a file was last written to; undefined for one that cannot be read. */
function bootOf(path: string): string | undefined {
  return orUndefined(() => {
    const file = JournalFile.open(path);
    try {
      return file.header.bootId;
    } finally {
      file.close();
    }
  });
}

/** The paths of all files of a journal. */
export function findJournalFiles(place: JournalPlace): string[] {
  return foldersOfJournal(place).flatMap((folder) =>
    namesIn(folder)
      .filter((name) => fileName.test(name))
      .map((name) => join(folder, name)),
  );
}

/** The namespaces of this host that have a journal. */
export function namespacesThere(): string[] {
  const own = foldersOfHost().map((folder) => `${basename(folder)}.`);
  const found = journalFolders.flatMap(namesIn).flatMap((name) => {
    const prefix = own.find((each) => name.startsWith(each));
    return prefix === undefined ? [] : name.slice(prefix.length);
  });
  return [...new Set(found)];
}

/** Whether a file is of a namespace that is watched beside the journal. */
export function isInNamespace({ namespaces = [] }: JournalPlace, path: string): boolean {
  return namespaces.some((name) => dirname(path).endsWith(`.${name}`));
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

/** Why there is nothing to watch in this host's journal; undefined where there is a journal, or a journald that will make one. */
export function reasonForNoJournal(): string | undefined {
  const hasJournald = statSync(journalSocket, { throwIfNoEntry: false })?.isSocket() ?? false;
  if (!hasJournald && findJournalFiles({}).length === 0)
    return 'no journald is running, and there are no journal files';
  const storage = journaldSetting('Storage');
  return storage?.value === 'none' ? `journald keeps nothing (Storage=none in ${storage.path})` : undefined;
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
