import { RigError } from '../../../../errors.ts';

/** A journal file cannot be read here; journalctl may do better. */
export class JournalFileError extends RigError {
  override name = 'JournalFileError';
  /**
   * - unsupported: of a form that is not known here; it will stay so
   * - corrupt: something in it cannot be
   * - unfinished: it is only being made; it can be opened a moment later
   */
  readonly kind: 'unsupported' | 'corrupt' | 'unfinished';

  constructor(kind: JournalFileError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What a check of a journal file throws when it fails; who opened the file adds its path. */
export function corrupt(what: string): JournalFileError {
  return new JournalFileError('corrupt', what);
}

/** What is read, or undefined where the file cannot be read, or is broken there. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof JournalFileError || (error instanceof Error && 'errno' in error)) return undefined;
    throw error;
  }
}
