/** Opens all files of a journal for a moment, including those that journald has closed. */
import { orUndefined } from '../format/error.ts';
import { JournalFile } from '../format/journal-file.ts';
import { findJournalFiles, type JournalPlace } from '../locations.ts';

/** Opens the files that are wanted. Passes over those that cannot be read. */
export function openAll(place: JournalPlace, isWanted: (file: JournalFile) => boolean = () => true): JournalFile[] {
  return findJournalFiles(place).flatMap((path) => {
    const file = orUndefined(() => JournalFile.open(path));
    if (!file || isWanted(file)) return file ?? [];
    file.close();
    return [];
  });
}

export function closeAll(files: readonly JournalFile[]): void {
  for (const file of files) file.close();
}
