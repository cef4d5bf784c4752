/** The expressions that match one member of a set of characters: in the bytes of UTF-8 text, and in decoded text. */
import type { Ranges } from './code-points.ts';
import { complement, lastCodePoint } from './code-points.ts';

/** The last code point of each encoded length. */
const lengthLimits = [0x7f, 0x7ff, 0xffff, lastCodePoint];

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
const byteRange = (low: number, high: number): string => (low === high ? hex(low) : `${hex(low)}-${hex(high)}`);
const byteClass = (low: number, high: number): string => (low === high ? hex(low) : `[${hex(low)}-${hex(high)}]`);

/** A class of those members that are one byte long; `[]`, which matches nothing, when there are none. */
export function asciiClass(ranges: Ranges): string {
  const members = ranges.filter(([low]) => low <= 0x7f).map(([low, high]) => byteRange(low, Math.min(high, 0x7f)));
  return `[${members.join('')}]`;
}

/** Whether a byte that is not UTF-8 counts as a member: it is decoded to U+FFFD, which is in `.` and in most negated classes. */
export function holdsReplacement(ranges: Ranges): boolean {
  return ranges.some(([low, high]) => low <= 0xfffd && high >= 0xfffd);
}

/** A class that matches every byte of every member, and any other byte beyond ASCII. One class repeats faster than alternatives. */
export function byteClassOf(ranges: Ranges): string {
  return `${asciiClass(ranges).slice(0, -1)}\\x80-\\xff]`;
}

/** The alternatives that match one member in UTF-8 text. A byte that is not UTF-8 counts as one character. */
export function utf8Alternatives(ranges: Ranges): string {
  const sequences = ranges.flatMap(([low, high]) => (high > 0x7f ? encodeRange(Math.max(low, 0x80), high) : []));
  if (holdsReplacement(ranges)) sequences.push('[\\x80-\\xff]');
  return `(?:${[asciiClass(ranges), ...sequences].join('|')})`;
}

/** The expression that matches one member in decoded text, without the flag `u`: V8's linear engine does not know it. */
export function textClass(ranges: Ranges): string {
  const unit = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
  const span = (low: number, high: number): string => (low === high ? unit(low) : `${unit(low)}-${unit(high)}`);
  const single = complement([...complement(ranges), [0xd800, 0xdfff], [0x10000, lastCodePoint]]);
  const members = `[${single.map(([low, high]) => span(low, high)).join('')}]`;
  const pairs = ranges.flatMap(([low, high]) => (high > 0xffff ? surrogatePairs(Math.max(low, 0x10000), high) : []));
  if (pairs.length === 0) return members;
  const pairClasses = pairs.map(([low, high]) => {
    const [[first, second], [lastFirst, lastSecond]] = [surrogates(low), surrogates(high)];
    return `[${span(first, lastFirst)}][${span(second, lastSecond)}]`;
  });
  return `(?:${[members, ...pairClasses].join('|')})`;
}

function surrogates(point: number): [number, number] {
  return [0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff)];
}

/** Splits a range so that in each part every first surrogate goes with every second one. */
function surrogatePairs(low: number, high: number): Ranges {
  if (low >> 10 === high >> 10) return [[low, high]];
  if ((low & 0x3ff) !== 0) return [[low, low | 0x3ff], ...surrogatePairs((low | 0x3ff) + 1, high)];
  const border = high & ~0x3ff;
  if ((high & 0x3ff) !== 0x3ff) return [...surrogatePairs(low, border - 1), [border, high]];
  return [[low, high]];
}

/** The bytes of one code point, one character per byte. */
export function utf8Bytes(point: number): string {
  return Buffer.from(String.fromCodePoint(point)).toString('latin1');
}

/** Splits a range so that each part is one byte range after the other, and gives the classes for each part. See RFC 3629. */
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

/** The UTF-8 bytes of a code point. No Buffer does this for surrogates, which may be the end of a range. */
function encode(point: number): number[] {
  const tail = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point <= 0x7ff) return [0xc0 | (point >> 6), tail(0)];
  if (point <= 0xffff) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
