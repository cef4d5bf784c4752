/** Whether this host has a journal, and the program that reads it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../../host/programs.ts';

/** Where journald keeps its files: see systemd-journald.service(8). */
export const journalFolders = ['/run/log/journal', '/var/log/journal'];
const journalSocket = '/run/systemd/journal/socket';

/** The path of journalctl, or the reason why there is no journal to read. */
export async function findJournal(): Promise<{ program: string } | { missing: string }> {
  const program = await findProgram('journalctl');
  if (program === undefined) return { missing: 'journalctl is not installed' };
  if ((await isSocket(journalSocket)) || (await hasJournalFiles())) return { program };
  return { missing: 'no journald is running, and it has left no files' };
}

async function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}

/** Whether journald has written anything yet. */
export async function hasJournalFiles(): Promise<boolean> {
  for (const folder of journalFolders) {
    // Most hosts have only one of the two; each machine id has a folder in it.
    for (const machine of await readdir(folder).catch(() => [])) {
      const names = await readdir(join(folder, machine)).catch(() => []);
      if (names.some((name) => name.endsWith('.journal'))) return true;
    }
  }
  return false;
}
