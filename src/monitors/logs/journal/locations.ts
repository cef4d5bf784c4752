/** Where the journal's files are, on this host or in a folder, and the program that reads them. */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { namesIn } from '../../../host/folders.ts';
import { findProgram } from '../../../host/programs/find-program.ts';

/** Where journald keeps its files: see systemd-journald.service(8). What is in memory first. */
const runtimeFolder = '/run/log/journal';
const journalFolders = [runtimeFolder, '/var/log/journal'];
const journalSocket = '/run/systemd/journal/socket';

/** A folder of one machine's journal; with `.NAME` behind it, of a namespace, which journalctl shows only when asked to. */
const machineName = /^[0-9a-f]{32}$/;
/** `~`: what was found broken and put aside. */
const fileName = /\.journal~?$/;

/**
 * The folders that hold files of a journal, whether they exist or not: of this machine, as journalctl has it, or, in a folder
 * that is named, itself and those of all machines in it.
 */
export function foldersOfJournal(dir?: string): string[] {
  if (dir !== undefined) return [dir, ...machinesIn(dir)];
  const machine = readMachineId();
  if (machine === undefined) return journalFolders.flatMap(machinesIn);
  return journalFolders.map((folder) => join(folder, machine));
}

/** The folders in which those folders are. */
export function parentsOfJournal(dir?: string): string[] {
  return dir === undefined ? journalFolders : [];
}

/** Whether a file's entries may still be moved to disk. */
export function isRuntime(path: string): boolean {
  return path.startsWith(`${runtimeFolder}/`);
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

/** The paths of all files of a journal. */
export function findJournalFiles(dir?: string): string[] {
  return foldersOfJournal(dir).flatMap((folder) =>
    namesIn(folder)
      .filter((name) => fileName.test(name))
      .map((name) => join(folder, name)),
  );
}

/** Whether a file of this name is written to: those that are full or were put aside are named otherwise. */
export function isLiveName(path: string): boolean {
  const name = basename(path);
  return !name.includes('@') && !name.endsWith('~');
}

/** Why there is no journal on this host; undefined where there is one, or a journald that will make one. */
export function reasonForNoJournal(): string | undefined {
  if (isSocket(journalSocket) || findJournalFiles().length > 0) return undefined;
  return 'no journald is running, and it has left no files';
}

/** The path of journalctl, if it is installed. */
export function findJournalctl(): Promise<string | undefined> {
  return findProgram('journalctl');
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
