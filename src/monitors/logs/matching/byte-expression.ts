/**
 * Rewrites a JavaScript regular expression so that it can be run over the bytes of a log file, read as Latin-1, and finds
 * in them what the user means in UTF-8 text. Decoding is thereby spared, offsets are byte offsets, and bytes that are no
 * UTF-8 disturb nothing. By the rewriting, nothing can match a newline, so a whole chunk of lines is searched at once and
 * a match never spans two. Where a line is not all ASCII, what is found is decided by a third form, on the decoded line. And upper and lower case become classes (`[aA]`), because V8's linear-time engine, which takes
 * over when an expression backtracks too much, does not know the `i` flag.
 */
import type { Ranges } from './code-points.ts';
import {
  asciiClass,
  byteClassOf,
  complement,
  foldCase,
  holdsReplacement,
  normalize,
  textClass,
  utf8Alternatives,
  utf8Bytes,
} from './code-points.ts';

export interface ByteExpression {
  /**
   * Finds every line that matches in any bytes, and some that do not: a character may be taken for several, and a CR for a
   * line end. For use with the flags `g` and `m`.
   */
  source: string;
  /** Finds the same in bytes that are all ASCII, faster, and exactly where there is no CR. */
  asciiSource: string;
  /** Decides for one line, decoded. */
  textSource: string;
  /** Bytes that every match contains, one character per byte; empty when none are known. */
  required: string;
  /** Escapes that mean something to other engines and here the character itself: `\<` of grep, `\p` of PCRE. */
  readAsThemselves: string[];
}

/**
 * V8's linear-time engine repeats the body of `x{N}` N times in its program, and refuses an expression in which that, nested
 * ones multiplied, is more than 16 times (kMaxReplicationFactor in experimental.cc).
 */
const mostReplication = 16;
/** One character that is to be repeated up to so many times is written out, and then runs in linear time all the same. */
const mostWrittenOut = 1000;

/** A valid expression that V8's linear-time engine cannot run; the message says why and what to use instead. */
export class NotLinear extends Error {}

interface Piece {
  source: string;
  ascii: string;
  /** For one decoded line. */
  text: string;
  /** Whether it is one character, of a set or a certain one. */
  isCharacter?: true;
  /** Set for one literal character: its bytes. */
  literal?: string;
  /** The longest literal that it always contains. */
  required: string;
  /** Set for one character of a set: the form in which it can be repeated without alternatives. */
  repeated?: string;
  /** How often V8's linear-time engine repeats the innermost part of it; undefined: once. */
  replication?: number;
}

interface Quantifier {
  /** As typed, with its `?`. */
  text: string;
  least: number;
  most: number;
}

const digits: Ranges = [[0x30, 0x39]];
const wordCharacters: Ranges = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const blanks: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
];
blanks.push([0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]);
const escapedSets: Record<string, Ranges> = { d: digits, w: wordCharacters, s: blanks };
const controlEscapes: Record<string, number> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** The names of POSIX classes, which `grep -E` has taught everyone: `[[:digit:]]`. */
const posixSets: Record<string, Ranges> = {
  alnum: [...digits, [0x41, 0x5a], [0x61, 0x7a]],
  alpha: [
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0x00, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: digits,
  graph: [[0x21, 0x7e]],
  lower: [[0x61, 0x7a]],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: blanks,
  upper: [[0x41, 0x5a]],
  xdigit: [...digits, [0x41, 0x46], [0x61, 0x66]],
};

/**
 * Rewrites an expression. Throws the SyntaxError of `new RegExp` when it is none, and a NotLinear when no engine runs it in linear
 * time.
 */
export function toByteExpression(text: string, ignoreCase: boolean): ByteExpression {
  new RegExp(inBasicPlane(text));
  const walker = new Walker(text, ignoreCase);
  const whole = walker.disjunction();
  const { source, ascii: asciiSource, text: textSource, required } = whole;
  const { readAsThemselves } = walker;
  return { source, asciiSource, textSource, required, readAsThemselves: [...readAsThemselves] };
}

/** A character beyond U+FFFF, or its two halves as escapes. */
const beyondBasicPlane = /(\\\\)|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|[\u{10000}-\u{10ffff}]/giu;

/**
 * An expression with the same syntax in which every character is one unit: without the flag `u`, which forbids much that is
 * common, the halves of `[😀-😎]` would be a range out of order. The order of the characters stays what it is.
 */
function inBasicPlane(text: string): string {
  const pointOf = (found: string, first?: string, second?: string): number =>
    (first && second
      ? String.fromCharCode(parseInt(first, 16), parseInt(second, 16)).codePointAt(0)
      : found.codePointAt(0)) ?? 0;
  const points = [...text.matchAll(beyondBasicPlane)]
    .filter(([, escaped]) => escaped === undefined)
    .map(([found, , first, second]) => pointOf(found, first, second));
  const ordered = [...new Set(points)].sort((a, b) => a - b);
  return text.replace(beyondBasicPlane, (found, escaped, first, second) =>
    escaped ? found : String.fromCharCode(0x10000 - ordered.length + ordered.indexOf(pointOf(found, first, second))),
  );
}

/** Walks an expression that is known to be valid, from left to right. */
class Walker {
  readonly readAsThemselves = new Set<string>();
  readonly #text: string;
  readonly #groups: number;
  readonly #hasNames: boolean;
  #ignoreCase: boolean;
  #at = 0;

  constructor(text: string, ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
    const bare = text.replace(/\\.|\[(?:\\.|[^\]\\])*\]/gs, '');
    this.#groups = bare.match(/\((?!\?)|\(\?<(?![=!])/g)?.length ?? 0;
    this.#hasNames = /\(\?<(?![=!])/.test(bare);
  }

  /** Alternatives, up to the end or a closing parenthesis. */
  disjunction(): Piece {
    const alternatives = [this.#sequence()];
    while (this.#take('|')) alternatives.push(this.#sequence());
    return {
      source: alternatives.map((each) => each.source).join('|'),
      ascii: alternatives.map((each) => each.ascii).join('|'),
      text: alternatives.map((each) => each.text).join('|'),
      required: alternatives.length === 1 ? (alternatives[0] as Piece).required : '',
      replication: Math.max(...alternatives.map(({ replication = 1 }) => replication)),
    };
  }

  #sequence(): Piece {
    let [source, ascii, text, run, required] = ['', '', '', '', ''];
    let replication = 1;
    const keepLonger = (literal: string): void => {
      if (literal.length > required.length) required = literal;
    };
    while (this.#at < this.#text.length && !'|)'.includes(this.#peek())) {
      const piece = this.#term();
      const quantifier = this.#quantifier();
      const whole = quantifier ? this.#repeat(piece, quantifier) : piece;
      source += whole.source;
      ascii += whole.ascii;
      text += whole.text;
      replication = Math.max(replication, whole.replication ?? 1);
      const isThere = quantifier === undefined || quantifier.least > 0;
      if (isThere && piece.literal !== undefined) run += piece.literal;
      keepLonger(run);
      if (isThere) keepLonger(piece.required);
      // What follows a repeated character need not follow its first occurrence.
      if (piece.literal === undefined || quantifier !== undefined) run = '';
    }
    return { source, ascii, text, required, replication };
  }

  #repeat(piece: Piece, quantifier: Quantifier): Pick<Piece, 'source' | 'ascii' | 'text' | 'replication'> {
    const { least, most } = quantifier;
    const replication = (piece.replication ?? 1) * Math.max(1, least, most === Number.POSITIVE_INFINITY ? 0 : most);
    if (replication <= mostReplication) return { ...repeatAsTyped(piece, quantifier), replication };
    const highest = most === Number.POSITIVE_INFINITY ? least : most;
    if (highest <= mostWrittenOut) {
      const { ascii, text } = piece;
      return {
        source: repeatLoosely(piece, quantifier).source,
        ascii: writeOut(ascii, quantifier),
        text: writeOut(text, quantifier),
        replication: piece.replication ?? 1,
      };
    }
    throw new NotLinear(`${quantifier.text} repeats too much`);
  }

  #term(): Piece {
    const character = this.#next();
    switch (character) {
      case '^':
      case '$':
        return asIs(character);
      case '.':
        return this.#set(complement([]));
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      default:
        return this.#character(character.codePointAt(0) as number);
    }
  }

  #quantifier(): Quantifier | undefined {
    const [text, lower, upper] = this.#match(/(?:[*+?]|\{(\d+)(,\d*)?\})\??/y) ?? [];
    if (text === undefined) return undefined;
    const unbounded = Number.POSITIVE_INFINITY;
    if (lower === undefined)
      return { text, least: text.startsWith('+') ? 1 : 0, most: text.startsWith('?') ? 1 : unbounded };
    const least = Number(lower);
    return { text, least, most: upper === undefined ? least : upper === ',' ? unbounded : Number(upper.slice(1)) };
  }

  #group(): Piece {
    const opening = this.#match(/\?(?:<?[=!]|<[^>]*>|([a-z]*)(?:-([a-z]*))?:)/y);
    const isLookAround = opening !== undefined && /[=!]$/.test(opening[0]);
    const before = this.#ignoreCase;
    if (opening?.[1]?.includes('i')) this.#ignoreCase = true;
    if (opening?.[2]?.includes('i')) this.#ignoreCase = false;
    const inner = this.disjunction();
    this.#ignoreCase = before;
    this.#take(')');
    if (isLookAround) throw new NotLinear(`(${opening[0]}...) looks around`);
    const start = opening === undefined ? '(' : opening[0].endsWith(':') ? '(?:' : `(${opening[0]}`;
    const { required } = inner;
    const [source, ascii, text] = [inner.source, inner.ascii, inner.text].map((each) => `${start}${each})`) as [
      string,
      string,
      string,
    ];
    return { source, ascii, text, required, ...(inner.replication ? { replication: inner.replication } : {}) };
  }

  #class(): Piece {
    const isNegated = this.#take('^');
    const members: Ranges = [];
    while (!this.#take(']')) {
      const low = this.#classMember();
      if (typeof low === 'number' && this.#peek() === '-' && this.#text[this.#at + 1] !== ']') {
        this.#next();
        const high = this.#classMember();
        if (typeof high === 'number') members.push([low, high]);
        else members.push([low, low], [0x2d, 0x2d], ...high);
      } else if (typeof low === 'number') members.push([low, low]);
      else members.push(...low);
    }
    const folded = this.#ignoreCase ? foldCase(members) : members;
    return this.#set(isNegated ? complement(folded) : folded);
  }

  #classMember(): number | Ranges {
    const posix = this.#match(/\[:([a-z]+):\]/y);
    const named = posix && posixSets[posix[1] as string];
    if (named) return named;
    if (posix) this.#at -= posix[0].length;
    const character = this.#next();
    if (character !== '\\') return character.codePointAt(0) as number;
    if (this.#take('b')) return 8;
    return this.#escapedSet() ?? this.#escapedCharacter();
  }

  #escape(): Piece {
    const boundary = this.#match(/[bB]/y);
    if (boundary) return asIs(`\\${boundary[0]}`);
    const reference = this.#match(this.#hasNames ? /k<[^>]*>|[1-9]\d*/y : /[1-9]\d*/y);
    if (reference && (reference[0].startsWith('k') || Number(reference[0]) <= this.#groups)) {
      throw new NotLinear(`\\${reference[0]} refers back to a group: list the alternatives with | instead`);
    }
    if (reference) this.#at -= reference[0].length;
    const set = this.#escapedSet();
    return set ? this.#set(set) : this.#character(this.#escapedCharacter());
  }

  #escapedSet(): Ranges | undefined {
    const letter = this.#match(/[dDwWsS]/y)?.[0];
    if (letter === undefined) return undefined;
    const set = escapedSets[letter.toLowerCase()] as Ranges;
    return letter === letter.toLowerCase() ? set : complement(set);
  }

  #escapedCharacter(): number {
    const pair = this.#match(/u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})/iy);
    if (pair)
      return String.fromCharCode(parseInt(pair[1] as string, 16), parseInt(pair[2] as string, 16)).codePointAt(0) ?? 0;
    const code = this.#match(/x([0-9a-f]{2})|u([0-9a-f]{4})/iy);
    if (code) return parseInt(code[1] ?? (code[2] as string), 16);
    const octal = this.#match(/[0-3]?[0-7]{1,2}/y);
    if (octal) return parseInt(octal[0], 8);
    const control = this.#match(/c([a-z])/iy);
    if (control) return (control[1] as string).charCodeAt(0) % 32;
    if (this.#peek() === 'c') return 0x5c;
    const character = this.#next();
    if (/[a-z<>]/i.test(character) && controlEscapes[character] === undefined)
      this.readAsThemselves.add(`\\${character}`);
    return controlEscapes[character] ?? (character.codePointAt(0) as number);
  }

  #character(point: number): Piece {
    const forms = this.#ignoreCase ? foldCase([[point, point]]) : [];
    const isSingle = forms.length === 0 || (forms.length === 1 && forms[0]?.[0] === forms[0]?.[1]);
    if (!isSingle || point === 10) return this.#set(isSingle ? [[point, point]] : forms);
    const literal = utf8Bytes(point);
    const escaped = [...literal].map((byte) => byte.replace(/[^\w]|_/, (each) => `\\x${hexByte(each)}`)).join('');
    const source = literal.length > 1 ? `(?:${escaped})` : escaped;
    const text = point > 0x7f ? textClass([[point, point]]) : source;
    return { source, ascii: point > 0x7f ? '[]' : source, text, literal, required: '', isCharacter: true };
  }

  #set(members: Ranges): Piece {
    // No line holds a newline, so no set needs one.
    const ranges = complement([...complement(members), [10, 10]]);
    const piece: Piece = {
      source: utf8Alternatives(normalize(ranges)),
      ascii: asciiClass(ranges),
      text: textClass(ranges),
      required: '',
      isCharacter: true,
    };
    if (!ranges.some(([, high]) => high > 0x7f)) return { ...piece, source: piece.ascii };
    return holdsReplacement(ranges) ? { ...piece, repeated: byteClassOf(ranges) } : piece;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  /** The next character, one code point. */
  #next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  #take(character: string): boolean {
    const isThere = this.#peek() === character;
    if (isThere) this.#at++;
    return isThere;
  }

  /** Matches a sticky expression here and moves behind it. */
  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text) ?? undefined;
    if (found) this.#at += found[0].length;
    return found;
  }
}

function repeatAsTyped({ source, ascii, text, repeated }: Piece, quantifier: Quantifier) {
  const isUnbounded = quantifier.most === Number.POSITIVE_INFINITY && quantifier.least <= 1;
  const repeatable = isUnbounded && repeated !== undefined ? repeated : source;
  const [sourceOfAll, asciiOfAll, textOfAll] = [repeatable, ascii, text].map((each) => `${each}${quantifier.text}`);
  return { source: sourceOfAll as string, ascii: asciiOfAll as string, text: textOfAll as string };
}

/** The same without a count. */
function repeatLoosely(piece: Piece, { least }: Quantifier) {
  const uncounted = least === 0 ? { text: '*', least: 0 } : { text: '+', least: 1 };
  return repeatAsTyped(piece, { ...uncounted, most: Number.POSITIVE_INFINITY });
}

/** One character, repeated without a count: `x{2,4}` is `xx(?:x(?:x)?)?`. */
function writeOut(character: string, { text, least, most }: Quantifier): string {
  const always = character.repeat(least);
  const lazy = text.endsWith('?') ? '?' : '';
  if (most === Number.POSITIVE_INFINITY) return `${always}${character}*${lazy}`;
  const optional = most - least;
  return `${always}${`(?:${character}`.repeat(optional)}${`)?${lazy}`.repeat(optional)}`;
}

const hexByte = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, '0');
const asIs = (source: string): Piece => ({ source, ascii: source, text: source, required: '' });
