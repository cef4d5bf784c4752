/** Sets of Unicode code points, and the expression that matches such a set in the bytes of UTF-8 text. */

/** Inclusive ranges, in any order, possibly overlapping. */
export type Ranges = Array<readonly [number, number]>;

const lastCodePoint = 0x10ffff;
/** The last code point of each encoded length. */
const lengthLimits = [0x7f, 0x7ff, 0xffff, lastCodePoint];

/** Ordered, without overlaps or neighbours that touch. */
export function normalize(ranges: Ranges): Ranges {
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

/** The set with the upper and lower case form of each of its members. Forms of several characters (`ß`, `SS`) are left out. */
export function foldCase(ranges: Ranges): Ranges {
  const folded: Ranges = [...ranges];
  for (const [low, high] of ranges) {
    for (let point = low; point <= high; point++) {
      const character = String.fromCodePoint(point);
      for (const form of [character.toLowerCase(), character.toUpperCase()]) {
        const formPoint = form.codePointAt(0) as number;
        if (formPoint !== point && String.fromCodePoint(formPoint) === form) folded.push([formPoint, formPoint]);
      }
    }
  }
  return normalize(folded);
}

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
const byteRange = (low: number, high: number): string => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`);
const byteClass = (low: number, high: number): string => (low === high ? hex(low) : `[${hex(low)}-${hex(high)}]`);

/** A class of those members that are one byte long; `[]`, which matches nothing, when there are none. */
export function asciiClass(ranges: Ranges): string {
  const members = ranges.filter(([low]) => low <= 0x7f).map(([low, high]) => byteRange(low, Math.min(high, 0x7f)));
  return `[${members.join('')}]`;
}

/** Whether every character beyond ASCII is in the set, as with `.` and most negated classes. */
export function hasAllBeyondAscii(ranges: Ranges): boolean {
  return ranges.some(([low, high]) => low <= 0x80 && high === lastCodePoint);
}

/** A class for repeated use: any sequence of characters beyond ASCII is any sequence of bytes beyond ASCII. */
export function byteClassOf(ranges: Ranges): string {
  return `${asciiClass(ranges).slice(0, -1)}\\x80-\\xff]`;
}

/** The alternatives that match one member in UTF-8 text. Bytes that are not UTF-8 count as one character each. */
export function utf8Alternatives(ranges: Ranges): string {
  const sequences = ranges.flatMap(([low, high]) => (high > 0x7f ? encodeRange(Math.max(low, 0x80), high) : []));
  if (hasAllBeyondAscii(ranges)) sequences.push('[\\x80-\\xff]');
  return `(?:${[asciiClass(ranges), ...sequences].join('|')})`;
}

/** The bytes of one code point, one character per byte. */
export function utf8Bytes(point: number): string {
  return Buffer.from(String.fromCodePoint(point)).toString('latin1');
}

/** Splits a range until the encodings of its ends differ by whole byte ranges only, and gives one sequence for each part. */
function encodeRange(low: number, high: number): string[] {
  for (const limit of lengthLimits) {
    if (low <= limit && high > limit) return [...encodeRange(low, limit), ...encodeRange(limit + 1, high)];
  }
  for (const bits of [6, 12, 18]) {
    const mask = (1 << bits) - 1;
    if ((low | mask) === (high | mask)) break;
    if ((low & mask) !== 0) return [...encodeRange(low, low | mask), ...encodeRange((low | mask) + 1, high)];
    if ((high & mask) !== mask) {
      const border = high & ~mask;
      return [...encodeRange(low, border - 1), ...encodeRange(border, high)];
    }
  }
  const [first, last] = [encode(low), encode(high)];
  return [first.map((byte, index) => byteClass(byte, last[index] as number)).join('')];
}

/** UTF-8 by hand, because a surrogate, which no Buffer encodes, may be the end of a range. See RFC 3629. */
function encode(point: number): number[] {
  const tail = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point <= 0x7ff) return [0xc0 | (point >> 6), tail(0)];
  if (point <= 0xffff) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
