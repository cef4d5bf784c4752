/**
 * Rewrites a JavaScript regular expression so that it runs over the bytes of a log file, read as Latin-1, and finds what the user
 * means in UTF-8 text. Nothing needs decoding, offsets are byte offsets, and bytes that are not UTF-8 do no harm.
 *
 * No rewritten expression can match a newline, so a whole chunk of lines is searched at once. Upper and lower case become
 * classes (`[aA]`) and counts are written out, because V8's linear engine knows neither the flag `i` nor large counts.
 */

import { readClass, readEscape } from './character-reader.ts';
import { complement, foldCase } from './code-points.ts';
import { Cursor } from './cursor.ts';
import type { Forms, Piece, Quantifier } from './pieces.ts';
import { alternatives, assertion, character, group, NotLinear, repeat, sequence, setOf, unbounded } from './pieces.ts';

/**
 * `source` and `ascii` are for the flags `g` and `m`, and also take a CR for a line end. `text` decides for one decoded line.
 * V8 can run each of them in linear time.
 */
export type ByteExpression = Forms & Pick<Piece, 'required'>;

/** The characters that are two code units in JavaScript, which would take `[😀-😎]` for a range between two halves. */
const beyondBasicPlane = /[\u{10000}-\u{10ffff}]/gu;

/**
 * Rewrites an expression. Throws the SyntaxError of `new RegExp` when it is none, and NotLinear when it cannot be run in linear
 * time.
 */
export function toByteExpression(text: string, ignoreCase: boolean): ByteExpression {
  // The flag `u` would forbid much that is common.
  new RegExp(text.replace(beyondBasicPlane, '\uffff'));
  refuseBackReferences(text);
  return new Rewriting(text, ignoreCase).disjunction();
}

/** Throws NotLinear for a back-reference. Without a second group, `\2` is none; nor is `\k<name>` without named groups. */
function refuseBackReferences(text: string): void {
  const withoutOthers = text.replace(/\\[^k1-9]|\[(?:\\.|[^\]\\])*\]/gs, '');
  const groups: string[] = withoutOthers.match(/\((?!\?)|\(\?<(?![=!])/g) ?? [];
  const hasNames = groups.includes('(?<');
  for (const [reference, number] of withoutOthers.matchAll(/\\(?:k<[^>]*>|([1-9]\d*))/g))
    if (number === undefined ? hasNames : Number(number) <= groups.length)
      throw new NotLinear(`instead of ${reference}, list the alternatives with |`);
}

/** Rewrites an expression that is known to be valid, from left to right. */
class Rewriting {
  readonly #cursor: Cursor;
  #ignoreCase: boolean;

  constructor(text: string, ignoreCase: boolean) {
    this.#cursor = new Cursor(text);
    this.#ignoreCase = ignoreCase;
  }

  /** Alternatives, up to the end or a closing parenthesis. */
  disjunction(): Piece {
    const pieces = [this.#sequence()];
    while (this.#cursor.take('|')) pieces.push(this.#sequence());
    return alternatives(pieces);
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    while (!this.#cursor.isAtEnd && !'|)'.includes(this.#cursor.peek())) {
      const piece = this.#term();
      const quantifier = this.#quantifier();
      pieces.push(quantifier ? repeat(piece, quantifier) : piece);
    }
    return sequence(pieces);
  }

  #term(): Piece {
    const next = this.#cursor.next();
    switch (next) {
      case '^':
      case '$':
        return assertion(next);
      case '.':
        return setOf(complement([]));
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      default:
        return character(next.codePointAt(0) as number, this.#ignoreCase);
    }
  }

  #quantifier(): Quantifier | undefined {
    const [text, lower, upper] = this.#cursor.match(/(?:[*+?]|\{(\d+)(,\d*)?\})\??/y) ?? [];
    if (text === undefined) return undefined;
    if (lower === undefined)
      return { text, least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : unbounded };
    const least = Number(lower);
    return { text, least, most: upper === undefined ? least : upper === ',' ? unbounded : Number(upper.slice(1)) };
  }

  #group(): Piece {
    const [opening = '', flagsOn = '', flagsOff = ''] =
      this.#cursor.match(/\?(?:<?[=!]|<[^>]*>|([a-z]*)(?:-([a-z]*))?:)/y) ?? [];
    if (opening.endsWith('!')) throw new NotLinear(`instead of (${opening}...), leave lines out with --exclude TEXT`);
    if (opening.endsWith('='))
      throw new NotLinear(
        `instead of (${opening}...), write both orders with |, or use --then TEXT for a line that follows`,
      );
    const before = this.#ignoreCase;
    if (flagsOn.includes('i')) this.#ignoreCase = true;
    if (flagsOff.includes('i')) this.#ignoreCase = false;
    const inner = this.disjunction();
    this.#ignoreCase = before;
    this.#cursor.take(')');
    return group(opening.endsWith(':') ? '(?:' : `(${opening}`, inner);
  }

  #class(): Piece {
    const { members, isNegated } = readClass(this.#cursor);
    const folded = this.#ignoreCase ? foldCase(members) : members;
    return setOf(isNegated ? complement(folded) : folded);
  }

  #escape(): Piece {
    const boundary = this.#cursor.match(/[bB]/y);
    if (boundary) return assertion(`\\${boundary[0]}`);
    const found = readEscape(this.#cursor);
    return typeof found === 'number' ? character(found, this.#ignoreCase) : setOf(found);
  }
}
