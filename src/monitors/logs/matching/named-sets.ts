/** The sets of characters that have a name in expressions. */
import type { Ranges } from './code-points.ts';
import { complement } from './code-points.ts';

/** A set of code points, each range written as its first and last character: `set('09', 'AZ')`. */
const set = (...ranges: string[]): Ranges =>
  ranges.map((range) => [range.charCodeAt(0), range.charCodeAt(range.length - 1)] as const);

const digits = set('09');
const letters = set('AZ', 'az');
/** What `\s` means in JavaScript. */
const blanks = [
  ...set('\t\r', ' ', '\u00a0', '\u1680', '\u2000\u200a'),
  ...set('\u2028\u2029', '\u202f', '\u205f', '\u3000', '\ufeff'),
];

const escapedSets: Record<string, Ranges> = { d: digits, w: [...digits, ...letters, ...set('_')], s: blanks };

/** The set of `\d`, `\w` or `\s`; for a capital letter, all other characters. */
export function escapedSet(letter: string): Ranges {
  const found = escapedSets[letter.toLowerCase()] as Ranges;
  return letter === letter.toLowerCase() ? found : complement(found);
}

/** The POSIX classes, which many know from `grep -E`: `[[:digit:]]`. */
export const posixSets: Record<string, Ranges> = {
  alnum: [...digits, ...letters],
  alpha: letters,
  blank: set('\t', ' '),
  cntrl: set('\0\x1f', '\x7f'),
  digit: digits,
  graph: set('!~'),
  lower: set('az'),
  print: set(' ~'),
  punct: set('!/', ':@', '[`', '{~'),
  space: blanks,
  upper: set('AZ'),
  xdigit: set('09', 'AF', 'af'),
};
