/** Finding an open file again on a file system that does not announce changes: names are given to other files there unseen. */
import { fstatSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { namesIn } from '../../../host/folders.ts';
import type { FollowedFile } from './followed-file.ts';
import { identityOf } from './followed-file.ts';
import { isRotatedName } from './neighbours.ts';
import type { OpenFile } from './open-file.ts';

/**
 * Makes sure that a file is read and not another one, and notes whether it is lost. Where names are given to other files below a
 * file system, unannounced, a descriptor may show the size of the file that has the name by now (FUSE knows open files by their
 * path) and read the one that it was opened for. So what has changed is opened again first, by the name that it has by now.
 * Throws what looking at it throws.
 */
export function isReachable(entry: OpenFile): boolean {
  const { file } = entry;
  if (!entry.isSilent) return true;
  const isShown = identityOf(fstatSync(file.fd, { bigint: true })) === file.identity;
  if (isShown && file.isUnchanged()) return true;
  const path = findByIdentity(file);
  const isOpened = path !== undefined && file.reopen(path);
  // Without a watched name, and with other bytes than those read, it is another one: it was rotated once more.
  const isOther = entry.names === 0 && file.offset > 0 && !file.isContinuedIn(file);
  entry.isLost = isOther || !(isOpened || isShown);
  return !entry.isLost;
}

/** The name that leads to a file by now: one that it was opened by, or one beside it as rotation changes it. */
function findByIdentity({ names, identity }: FollowedFile): string | undefined {
  const leadsToIt = (path: string): boolean => {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat !== undefined && identityOf(stat) === identity;
  };
  for (const name of names) {
    const rotated = () => namesIn(dirname(name)).filter((each) => isRotatedName(each, basename(name)));
    const found = leadsToIt(name)
      ? name
      : rotated()
          .map((each) => join(dirname(name), each))
          .find(leadsToIt);
    if (found !== undefined) return found;
  }
  return undefined;
}
