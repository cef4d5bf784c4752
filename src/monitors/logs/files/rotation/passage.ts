/** The time between two looks at a name, in which other files may have had it. */
import type { Certificate } from '../certificate.ts';
import type { FollowedFile } from '../follow/followed-file.ts';
import { inodeKey } from '../follow/opened-file.ts';
import type { ReadLoop } from '../follow/read-loop.ts';
import type { Intake } from './intake.ts';
import { bornSince, listNeighbours, type Neighbour, useEach, useNeighbours } from './neighbours.ts';
import { isCompressedName } from './rotated-names.ts';

export interface Passage {
  /** Where such files may have gone, beside the folders of the names. */
  folders: string[];
  /** When the last look was, in milliseconds since the epoch, less what the times of files lag behind. */
  sinceMs: number;
  /** Which files are known to have had the name. */
  known: FollowedFile[];
  /** Whether there is a sign that such a file was compressed before it was read. */
  mayBeCompressed: boolean;
}

/** Reads the files that had one of a log's `names` only between two looks. What cannot be read is a gap. */
export function readPassage(
  passage: Passage,
  names: string[],
  { loop, intake }: { loop: ReadLoop; intake: Intake },
  certificate: Certificate,
): void {
  const { folders, sinceMs, known, mayBeCompressed } = passage;
  let born: Neighbour[] = [];
  const read = (neighbours: Neighbour[], isLate: () => boolean): boolean => {
    born = bornSince(neighbours, sinceMs);
    const unread = born.filter(({ path, stat }) => !isCompressedName(path) && !loop.has(inodeKey(stat)));
    return useEach(unread, isLate, (each) => ifThere(() => intake.readPassed(each, names, certificate, known)));
  };
  const hasRead = useNeighbours(() => listNeighbours(names, folders), read);
  if (!hasRead) certificate.gaps.add('files came or were renamed faster than rig could read them');
  if (!mayBeCompressed) return;
  for (const { path } of born)
    if (isCompressedName(path)) certificate.gaps.add(`compressed before it was read: ${path}`);
}

/** Does something with a file by its name; undefined where it was renamed or removed since it was listed. */
export function ifThere<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    // Under its new name, if it has one, it is found when the names are listed again.
    return undefined;
  }
}
