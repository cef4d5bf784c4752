/** Sightings that a later one may follow or precede. */

/** A longer list is thinned out: each text may have 64 KiB. */
const most = 128;

interface Timed {
  subject: string;
  /** When it happened, on the rig's clock. */
  atMs: number;
}

/** Whether `b` happened after `a`, but was seen first. Sightings of one subject are seen in order. */
export const isOvertaken = (a: Timed, b: Timed): boolean => a.subject !== b.subject && b.atMs > a.atMs;

/**
 * A list that stays short in a flood. For each subject, the first and the last sighting of each span stay: enough to tell whether
 * one lies within a span of any time.
 */
export class Remembered<T extends Timed> {
  all: T[] = [];
  readonly #spanMs: number;
  readonly #keeps: 'oldest' | 'latest';

  /** `keeps`: which ones stay if even those are too many. With `oldest`, the newest one stays too. */
  constructor(spanMs: number, keeps: 'oldest' | 'latest') {
    this.#spanMs = spanMs;
    this.#keeps = keeps;
  }

  add(each: T): void {
    if (this.all.length >= most) this.#thin();
    this.all.push(each);
  }

  #thin(): void {
    const [first, last] = [new Map<string, T>(), new Map<string, T>()];
    for (const each of this.all) {
      const key = `${Math.floor(each.atMs / this.#spanMs)} ${each.subject}`;
      if (!first.has(key)) first.set(key, each);
      last.set(key, each);
    }
    const ends = new Set([...first.values(), ...last.values()]);
    this.all = this.all.filter((each) => ends.has(each));
    if (this.all.length < most) return;
    if (this.#keeps === 'latest') this.all.splice(0, most / 4);
    else this.all.pop();
  }
}
