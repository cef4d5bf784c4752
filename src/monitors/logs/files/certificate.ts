/** The certificate of one watched path: which bytes of which files were examined, and what may be missing, with the cause. */
import type { Json } from '../../../json.ts';
import { Gaps } from '../../../rig/records/gaps.ts';

/** Bytes of one file that were examined. A file is identified by device, inode and birth time: names change. */
export type ExaminedSpan = {
  device: string;
  inode: string;
  /** ISO 8601; null where the file system does not say. */
  born: string | null;
  from: number;
  to: number;
};

/** A span that does not grow any more, and why. */
export type EndedSpan = ExaminedSpan & { ended: 'truncated' | 'let go' };

export const longLinesDoubt = 'lines longer than 256 KiB were examined in parts that overlap';
export const lostEventsDoubt = 'so much happened at once that the kernel did not tell of all of it';
export const pollingDoubt = (reason = 'changes are not announced'): string =>
  `it is only looked at now and then: ${reason}`;

/** How many ended spans are kept; older ones are only counted. */
const mostSpans = 20;
/** Most are fixed sentences; those that name a file could be many. */
const mostDoubts = 20;

export class Certificate {
  readonly gaps = new Gaps();
  readonly #doubts = new Set<string>();
  readonly #ended: EndedSpan[] = [];
  #dropped = 0;

  /** A file, or what it held before it was truncated, will not be read any further. */
  end(span: EndedSpan): void {
    this.#ended.push(span);
    if (this.#ended.length <= mostSpans) return;
    this.#ended.shift();
    this.#dropped++;
  }

  /** Notes why something may be missing, though nothing is known to be. */
  doubt(reason: string): void {
    if (this.#doubts.size < mostDoubts) this.#doubts.add(reason);
  }

  /** Takes over what another certificate has noted, whose path is forgotten. */
  absorb(other: Certificate): void {
    this.gaps.absorb(other.gaps);
    for (const reason of other.#doubts) this.doubt(reason);
    for (const span of other.#ended) this.end(span);
    this.#dropped += other.#dropped;
  }

  /**
   * For the status: the claim, the gaps, and all spans, the oldest first. `present` are spans that may still grow, `further`
   * doubts and gaps that hold now and are noted only when the file is let go.
   */
  status(present: ExaminedSpan[], further: { doubts: string[]; gaps: string[] }): { [key: string]: Json } {
    const now = new Date().toISOString();
    const lasting = further.gaps.map((cause) => ({ cause, times: 1, missing: null, first: now, last: now }));
    const gaps = [...this.gaps.list(), ...lasting];
    const doubts = [...new Set([...this.#doubts, ...further.doubts])];
    const coverage = gaps.length > 0 ? 'gaps' : doubts.length > 0 ? `no gap known: ${doubts.join('; ')}` : 'no gap';
    const earlier = this.#dropped > 0 ? { earlierSpans: this.#dropped } : {};
    return { coverage, gaps, ...earlier, examined: [...this.#ended, ...present] };
  }
}
