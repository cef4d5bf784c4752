/** Follows the numbers of entries through the files, so that an entry that is missing is noticed. */
import { Chain, type JournalSequence } from '../sequence.ts';
import type { HeldFile } from './held-file.ts';

export class FileNumbers {
  readonly #sequence: JournalSequence;
  readonly #chains = new WeakMap<HeldFile, Chain>();
  /** The chain of the last entry. */
  #last: Chain | undefined;

  constructor(sequence: JournalSequence) {
    this.#sequence = sequence;
  }

  /** `number` is that of the last entry at arming. All numberings that are there share its chain, but for those of namespaces. */
  arm(number: number | undefined, files: readonly HeldFile[]): void {
    this.#last = number === undefined ? undefined : new Chain(number);
    for (const held of files) {
      held.lastNumber = held.file.header.tailSeqnum;
      if (held.isOfNamespace) this.#sequence.chain(held.file.seqnumId, held.lastNumber);
      else if (this.#last) this.#sequence.join(held.file.seqnumId, this.#last);
    }
  }

  /** Notes an entry that was seen in a round. */
  note(held: HeldFile, ordinal: number, seqnum: number, round: number): void {
    let chain = this.#chains.get(held);
    if (!chain) {
      chain = this.#chainOf(held, ordinal, seqnum);
      this.#chains.set(held, chain);
    }
    if (!held.isOfNamespace) this.#last = chain;
    chain.note(seqnum, round, held.lastNumber);
    held.lastNumber = seqnum;
  }

  /** The chain of a file, by the first entry that is read of it. */
  #chainOf(held: HeldFile, ordinal: number, seqnum: number): Chain {
    const { fileId, seqnumId } = held.file;
    const last = held.isOfNamespace ? undefined : this.#last;
    if (this.#sequence.known(seqnumId) === undefined) {
      const goesOn = last && (seqnum === last.highest + 1 || (seqnum <= last.highest && !last.has(seqnum)));
      // A numbering has the id of its first file: nothing can be missing before the first entry of that.
      const isHead = held.isNew && fileId === seqnumId && ordinal === 0;
      if (goesOn) this.#sequence.join(seqnumId, last);
      else if (!isHead) this.#sequence.breaks++;
    }
    return this.#sequence.chain(seqnumId, seqnum - 1);
  }
}
