/** Reads the parts of an expression that stand for one character: escapes such as `\x41` and `\d`, and classes. */

import type { Ranges } from './code-points.ts';
import type { Cursor } from './cursor.ts';
import { escapedSet, posixSets } from './named-sets.ts';

const controlEscapes: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13 };
const backspace = 8;
const hyphen = 0x2d;
const posixClass = new RegExp(`\\[:(${Object.keys(posixSets).join('|')}):\\]`, 'y');

/** Reads one class, behind its `[`. */
export function readClass(cursor: Cursor): { members: Ranges; isNegated: boolean } {
  const isNegated = cursor.take('^');
  const members: Ranges = [];
  while (!cursor.take(']')) {
    const low = readMember(cursor);
    const isRange = typeof low === 'number' && cursor.peek() === '-' && cursor.peek(1) !== ']';
    if (!isRange) {
      members.push(...asSet(low));
      continue;
    }
    cursor.next();
    const high = readMember(cursor);
    // `new RegExp` was not shown the characters beyond U+FFFF.
    if (typeof high === 'number' && high < low) throw new SyntaxError('Range out of order in character class');
    // As in JavaScript, `[a-\d]` holds the hyphen itself.
    if (typeof high === 'number') members.push([low, high]);
    else members.push([low, low], [hyphen, hyphen], ...high);
  }
  return { members, isNegated };
}

const asSet = (member: number | Ranges): Ranges => (typeof member === 'number' ? [[member, member]] : member);

function readMember(cursor: Cursor): number | Ranges {
  const posix = cursor.match(posixClass);
  if (posix) return posixSets[posix[1] as string] as Ranges;
  const character = cursor.next();
  if (character !== '\\') return character.codePointAt(0) as number;
  if (cursor.take('b')) return backspace;
  return readEscape(cursor);
}

/** Reads an escape behind its backslash: a set for `\d`, else the code point of one character. */
export function readEscape(cursor: Cursor): number | Ranges {
  const letter = cursor.match(/[dDwWsS]/y)?.[0];
  if (letter !== undefined) return escapedSet(letter);
  const pair = cursor.match(/u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/iy);
  // JSON has the same escapes.
  if (pair) return JSON.parse(`"\\${pair[0]}"`).codePointAt(0);
  const code = cursor.match(/x([0-9a-f]{2})|u([0-9a-f]{4})/iy);
  if (code) return parseInt(code[1] ?? (code[2] as string), 16);
  const octal = cursor.match(/[0-3]?[0-7]{1,2}/y);
  if (octal) return parseInt(octal[0], 8);
  const control = cursor.match(/c([a-z])/iy);
  if (control) return (control[1] as string).charCodeAt(0) % 32;
  if (cursor.peek() === 'c') return '\\'.charCodeAt(0);
  const character = cursor.next();
  return controlEscapes[character] ?? (character.codePointAt(0) as number);
}
