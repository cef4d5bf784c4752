/** Examines entries as they stand in the files: only those that may mean something are read in full. */
import { tellsInJournal } from '../../coverage.ts';
import type { Examination } from '../examination.ts';
import { FieldChecks } from '../format/field-checks.ts';
import type { StoredEntry } from '../format/journal-file.ts';
import type { Selection } from '../selection/selection.ts';
import { compileSelection } from '../selection/selection.ts';

/** The bit of the first check: the message matches. */
const matches = 1;

export class StoredExaminer {
  readonly #examination: Examination;
  readonly #selection: Selection;
  readonly #checks: FieldChecks;

  /** Throws a RigError for a wrong selection. */
  constructor(examination: Examination, selection: readonly string[]) {
    const { matcher } = examination.context;
    this.#examination = examination;
    this.#selection = compileSelection(selection);
    this.#checks = new FieldChecks([
      { field: 'MESSAGE', test: (value) => matcher.test(value) },
      { field: 'SYSLOG_IDENTIFIER', test: (value) => tellsInJournal(value.toString('latin1')) },
    ]);
  }

  /** Throws a JournalFileError, before anything is done, for an entry that cannot be read. */
  examine(entry: StoredEntry): void {
    if (!this.#selection.accepts(entry)) return;
    const passed = entry.check(this.#checks);
    const isFirst = this.#examination.entries === 0;
    if (passed === 0 && !isFirst) {
      this.#examination.entries++;
      return;
    }
    const { matcher } = this.#examination.context;
    const message = (passed & matches) === 0 ? undefined : entry.values('MESSAGE').find((text) => matcher.test(text));
    this.#examination.examine(entry, entry.cursor(), message);
  }
}
