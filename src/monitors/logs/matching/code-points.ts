/** Sets of Unicode code points. */

/** Inclusive ranges, in any order, possibly overlapping. */
export type Ranges = Array<readonly [number, number]>;

export const lastCodePoint = 0x10ffff;

/** Ordered, without overlaps or neighbours that touch. */
function normalize(ranges: Ranges): Ranges {
  const merged: Array<[number, number]> = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

/** Every code point that is not in the set. */
export function complement(ranges: Ranges): Ranges {
  const rest: Ranges = [];
  let next = 0;
  for (const [low, high] of normalize(ranges)) {
    if (low > next) rest.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= lastCodePoint) rest.push([next, lastCodePoint]);
  return rest;
}

const cased = /\p{Changes_When_Casemapped}/u;
/** No cased letter lies beyond. */
const lastCased = 0x1ffff;

/**
 * The letters beyond ASCII, grouped so that those of a group differ by case only: `Σσς`. Forms of several characters (`ß`,
 * `SS`) are left out. As in JavaScript, no letter beyond ASCII is a form of an ASCII letter.
 */
const caseForms = once((): number[][] => {
  const single = (point: number, form: string): number =>
    form.length === String.fromCodePoint(form.codePointAt(0) as number).length
      ? (form.codePointAt(0) as number)
      : point;
  const byUpper = new Map<number, number[]>();
  for (let point = 0x80; point <= lastCased; point++) {
    const character = String.fromCodePoint(point);
    if (!cased.test(character)) continue;
    const lower = single(point, character.toLowerCase());
    const upper = single(lower, String.fromCodePoint(lower).toUpperCase());
    if (upper > 0x7f) byUpper.set(upper, [...(byUpper.get(upper) ?? []), point]);
  }
  return [...byUpper.values()];
});

/** A function that makes its value at the first call: the letters take 50 ms. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const asciiForms = Array.from({ length: 26 }, (_, letter) => [0x41 + letter, 0x61 + letter]);

/** The set with all forms of its members that differ by case only. */
export function foldCase(ranges: Ranges): Ranges {
  const forms = ranges.some(([, high]) => high > 0x7f) ? [...asciiForms, ...caseForms()] : asciiForms;
  const isIn = (point: number): boolean => ranges.some(([low, high]) => low <= point && point <= high);
  return normalize([
    ...ranges,
    ...forms
      .filter((each) => each.some(isIn))
      .flat()
      .map((point) => [point, point] as const),
  ]);
}
