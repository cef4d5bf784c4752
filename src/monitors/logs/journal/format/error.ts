/** The one error of journal files. */
import { RigError } from '../../../../errors.ts';

/** Rig cannot read a journal file; journalctl may do better. */
export class JournalFileError extends RigError {
  override name = 'JournalFileError';
  /**
   * - unsupported: a form that rig does not know; that will not change
   * - corrupt: a figure in it cannot be right
   * - unfinished: journald is just making it; it can be opened a moment later
   */
  readonly kind: 'unsupported' | 'corrupt' | 'unfinished';

  constructor(kind: JournalFileError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The error of a failed check; the code that opened the file adds its path. */
export function corrupt(what: string): JournalFileError {
  return new JournalFileError('corrupt', what);
}

/** What `read` returns, or undefined where the file cannot be read. Other errors are thrown. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof JournalFileError || (error instanceof Error && 'errno' in error)) return undefined;
    throw error;
  }
}
