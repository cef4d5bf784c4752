/** Whether the events of a name explain what is found under it: else a file may have come and gone between two looks. */

/** What a look has found. */
export interface NameChange {
  hadFile: boolean;
  hasFile: boolean;
  /** Whether the file that was there has gone to another name, and was not deleted or replaced. */
  wasRenamed: boolean;
}

/** `more`: there were more events than the change needs; `fewer`: not all of its own have come. */
export type Explanation = 'explained' | 'more' | 'fewer';

/** How many events (inotify(7): create, delete, moved from, moved to) a change takes when no other file had the name in between. */
function fewestEvents({ hadFile, hasFile, wasRenamed }: NameChange): number {
  if (!hadFile && !hasFile) return 0;
  if (!hadFile || !hasFile) return 1;
  // A file that lost its name to the next was renamed over: one event, as two of the kind would be two.
  return wasRenamed ? 2 : 1;
}

export class NameEvents {
  #seen = 0;
  /** Events of a change that was found before they were delivered. */
  #owed = 0;

  /** An event that is about the name. */
  count(): void {
    this.#seen++;
  }

  /** Whether something has happened to the name since the last look. */
  get hasAny(): boolean {
    return this.#seen > this.#owed;
  }

  /** A look has found the same file as before, or none again. Returns whether no other file can have had the name. */
  onSame(): boolean {
    const isExplained = this.#seen <= this.#owed;
    this.#owed = Math.max(0, this.#owed - this.#seen);
    this.#seen = 0;
    return isExplained;
  }

  /** A look has found a change: whether the events since the last look are those of this change alone. */
  onChange(change: NameChange): Explanation {
    const fewest = fewestEvents(change);
    const seen = this.#seen - this.#owed;
    this.#seen = 0;
    this.#owed = Math.max(0, fewest - seen);
    return seen === fewest ? 'explained' : seen > fewest ? 'more' : 'fewer';
  }
}
