/** The pieces that a rewritten expression is put together from: characters, and what sequences and repetition make of them. */
import type { Ranges } from './code-points.ts';
import { complement, foldCase } from './code-points.ts';
import { asciiClass, byteClassOf, holdsReplacement, textClass, utf8Alternatives, utf8Bytes } from './encoded-sets.ts';

/** An expression in three forms, each for one kind of input. */
export interface Forms {
  /** For the bytes of any chunk. It may also match where the expression does not: then `text` decides. */
  source: string;
  /** For the bytes of a chunk that is all ASCII. */
  ascii: string;
  /** For one decoded line. Only in this form groups capture. */
  text: string;
}

export interface Piece extends Forms {
  /** Runs of bytes that every match contains, one character a byte: those worth looking for, the longest first. */
  required: string[];
  /** The bytes that every match begins with; empty when unknown. */
  begins: string;
  /** Whether `begins` is all of it. */
  isLiteral?: true;
  /** Set for one character of a set: `source` without alternatives, which are slow to repeat. */
  repeatable?: string;
  /** How many characters it stands for, with counted repetition written out. */
  size: number;
  /** How many of those are there because of a count. */
  counted: number;
}

export interface Quantifier {
  /** As typed: `*`, `{2,4}?`. */
  text: string;
  least: number;
  most: number;
}

/** A valid expression that cannot be run in linear time. The message says what to use instead. */
export class NotLinear extends Error {}

/** A shorter run is too common to be looked for. */
const shortestRequired = 3;
/** Each further run is looked for in vain more often than not. */
const mostRequired = 4;
/** The most characters that counted repetition may come to: the time for a byte grows with them. */
const mostCounted = 1000;
export const unbounded = Number.POSITIVE_INFINITY;
const newline: Ranges = [[10, 10]];
const noCharacter = { required: [] as string[], begins: '', size: 0, counted: 0 };

/** What matches an empty place: `^`, `$`, `\b`. */
export const assertion = (source: string): Piece => ({ ...sameInAll(source), ...noCharacter });

/** One certain character, or with `ignoreCase` any form of it. */
export function character(point: number, ignoreCase: boolean): Piece {
  const forms = ignoreCase ? foldCase([[point, point]]) : [[point, point] as const];
  const isCertain = forms.length === 1 && forms[0]?.[0] === forms[0]?.[1];
  if (!isCertain || point === 10) return setOf(forms);
  const literal = utf8Bytes(point);
  const escaped = [...literal].map((byte) => byte.replace(/[^\w]|_/, escapeByte)).join('');
  const isAscii = literal.length === 1;
  const written = isAscii
    ? sameInAll(escaped)
    : { source: `(?:${escaped})`, ascii: '[]', text: textClass([[point, point]]) };
  return { ...written, required: [], begins: literal, isLiteral: true, size: 1, counted: 0 };
}

/** One character of a set. */
export function setOf(members: Ranges): Piece {
  // No line holds a newline. Without it in any set, no match can reach over the end of a line.
  const ranges = complement([...complement(members), ...newline]);
  const ascii = asciiClass(ranges);
  const isAscii = ranges.every(([, high]) => high <= 0x7f);
  return {
    source: isAscii ? ascii : utf8Alternatives(ranges),
    ascii,
    text: textClass(ranges),
    ...(!isAscii && holdsReplacement(ranges) ? { repeatable: byteClassOf(ranges) } : {}),
    ...noCharacter,
    size: 1,
  };
}

/** One piece after the other. */
export function sequence(pieces: Piece[]): Piece {
  const runs: string[] = [];
  let run = '';
  for (const piece of pieces) {
    run += piece.begins;
    if (piece.isLiteral) continue;
    runs.push(run, ...piece.required);
    run = '';
  }
  runs.push(run);
  const required = [...new Set(runs)].filter(({ length }) => length >= shortestRequired);
  required.sort((one, other) => other.length - one.length);
  return { ...joined(pieces, ''), required: required.slice(0, mostRequired) };
}

/** One piece or another. */
export function alternatives(pieces: Piece[]): Piece {
  return pieces.length === 1 ? (pieces[0] as Piece) : joined(pieces, '|');
}

function joined(pieces: Piece[], separator: string): Piece {
  const join = (form: keyof Forms): string => pieces.map((piece) => piece[form]).join(separator);
  const sum = (figure: 'size' | 'counted'): number => pieces.reduce((total, piece) => total + piece[figure], 0);
  return {
    ...noCharacter,
    source: join('source'),
    ascii: join('ascii'),
    text: join('text'),
    size: sum('size'),
    counted: checkCounted(sum('counted')),
  };
}

/** A piece in parentheses. `opening` is as typed: `(`, `(?:` or `(?<name>`. */
export function group(opening: string, inner: Piece): Piece {
  const { source, ascii, text } = inner;
  return { ...inner, source: `(?:${source})`, ascii: `(?:${ascii})`, text: `${opening}${text})` };
}

/**
 * A piece with a quantifier. A count is written out, because V8's linear engine refuses an expression that repeats anything
 * more than 16 times (kMaxReplicationFactor in V8's experimental.cc). Throws NotLinear when that would be too long.
 */
export function repeat(piece: Piece, quantifier: Quantifier): Piece {
  const { text: typed, least, most } = quantifier;
  const { source, ascii, text, size, counted, repeatable = source } = piece;
  const { required, begins } = least > 0 ? piece : noCharacter;
  const isUnbounded = most === unbounded;
  if (least <= 1 && (most <= 1 || isUnbounded)) {
    const repeated = isUnbounded ? repeatable : source;
    return { source: repeated + typed, ascii: ascii + typed, text: text + typed, required, begins, size, counted };
  }
  const written = checkCounted(Math.max(1, size) * (isUnbounded ? least : most));
  const asciiCopies = writeOut(ascii, quantifier);
  return {
    // Copies of many alternatives are slow. Without the count it matches more, as Forms allow.
    source: source === ascii ? asciiCopies : repeatable + (least > 0 ? '+' : '*'),
    ascii: asciiCopies,
    text: writeOut(text, quantifier),
    required,
    begins,
    size: written,
    counted: written,
  };
}

function checkCounted(characters: number): number {
  if (characters <= mostCounted) return characters;
  throw new NotLinear(
    `counted repetition comes to ${characters.toLocaleString('en')} characters, and at most ${mostCounted.toLocaleString('en')} in all are possible`,
  );
}

/**
 * `x{3,5}` as `xx(?:x(?:x)?)?x`. The last copy is always taken, and it alone captures, as the last repetition does in
 * JavaScript.
 */
function writeOut(last: string, { text, least, most }: Quantifier): string {
  const lazy = text.endsWith('?') ? '?' : '';
  const copy = last.replace(/\((?!\?)|\(\?<[^>]*>/g, '(?:');
  const always = copy.repeat(Math.max(0, least - 1));
  if (most === unbounded) return `${always}${last}+${lazy}`;
  const optional = most - Math.max(1, least);
  const written = `${always}${`(?:${copy}`.repeat(optional)}${`)?${lazy}`.repeat(optional)}${last}`;
  return least > 0 ? written : `(?:${written})?${lazy}`;
}

const sameInAll = (source: string): Forms => ({ source, ascii: source, text: source });
const escapeByte = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
