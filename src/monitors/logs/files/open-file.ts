/** A file that is being followed, and what is known of it beside how far it was read. */

import type { WakeUp } from '../../../host/wake-up.ts';
import type { Matcher } from '../matching/matcher.ts';
import type { FileRecord } from './file-record.ts';
import type { FollowedFile } from './followed-file.ts';

export interface OpenFile {
  file: FollowedFile;
  /** The certificates of the paths that it was reached by. */
  records: Set<FileRecord>;
  /** Files refer to each other as copies and originals: none is read while it is being read. */
  isBeingRead: boolean;
  matcher: Matcher;
  /** Undefined: polled, for a reason. */
  wakeUp: WakeUp | undefined;
  pollingReason: string | undefined;
  /** Whether its file system does not announce changes: then names may lead elsewhere without a word, too. */
  isSilent: boolean;
  /** Whether it could not be found by any name, on such a file system, when it was to be read. */
  isLost: boolean;
  /** How many of the watched paths lead to it. */
  names: number;
  /** When it last grew, or lost its last name, in milliseconds on the monotonic clock. */
  lastGrewMs: number;
  isHolderSought: boolean;
  isEncodingTold: boolean;
  /** Whether the user has been told that it cannot be read. */
  hasFailed: boolean;
  /** Why it could not be read at the last try. */
  problem: string | undefined;
}
