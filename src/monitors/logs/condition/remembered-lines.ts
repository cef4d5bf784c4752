/** Matching lines that another one may still have to do with. */

/** More than so many are thinned out. Each may have a text of up to 64 KiB. */
const most = 128;

export interface Remembered {
  /** When it was logged (journal) or read (file), on the monotonic clock. */
  atMs: number;
  source: string;
}

/** Whether `b` was logged behind `a`, where `b` was read first: only possible in another source. */
export const isOvertaken = (a: Remembered, b: Remembered): boolean => a.source !== b.source && b.atMs > a.atMs;

/**
 * A list of lines that a flood does not make long. Of each source the first and the last line of each span stay. Whether one of
 * them lies within a span before or behind a time can then be told as if all were there, as far back as there is room.
 */
export class RememberedLines<Line extends Remembered> {
  lines: Line[] = [];
  readonly #spanMs: number;
  readonly #kept: 'oldest' | 'latest';

  /** `kept` says which lines stay where even those are too many; of the others the newest does. */
  constructor(spanMs: number, kept: 'oldest' | 'latest') {
    this.#spanMs = spanMs;
    this.#kept = kept;
  }

  add(each: Line): void {
    if (this.lines.length >= most) this.#thin();
    this.lines.push(each);
  }

  #thin(): void {
    const [first, last] = [new Map<string, Line>(), new Map<string, Line>()];
    const keyOf = ({ source, atMs }: Line): string => `${Math.floor(atMs / this.#spanMs)} ${source}`;
    for (const one of this.lines) {
      const key = keyOf(one);
      if (!first.has(key)) first.set(key, one);
      last.set(key, one);
    }
    const ends = new Set([...first.values(), ...last.values()]);
    this.lines = this.lines.filter((one) => ends.has(one));
    if (this.lines.length < most) return;
    if (this.#kept === 'latest') this.lines.splice(0, most / 4);
    else this.lines.pop();
  }
}
