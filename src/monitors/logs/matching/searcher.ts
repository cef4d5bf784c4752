/** Finding the next place in a chunk of bytes that matches: as plain text, as an expression, or by what it always contains. */
import { isAscii } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import type { ByteExpression } from './byte-expression.ts';
import { finder } from './vectors.ts';

const newline = 10;
/** Text is searched in pieces of about this size: longer strings leave the processor's cache and V8's nursery. */
const pieceBytes = 64 * 1024;
/** A required text shorter than this is too common to be worth looking for first. */
const shortestRequired = 3;
/** More lines than one in so many bytes that contain the required text and do not match, and looking for it does not pay. */
const bytesPerMiss = 1024;
/** V8 does not count the backtracking inside a simple loop (`\w+`): what it does for each that it counts grows with the line. */
const longLineBytes = 2048;
/** How often an expression may backtrack before V8 goes on with its linear-time engine, which is slower on most text. */
const patience = 10_000;
const longLinePatience = 20;

/** Looks for one thing in a chunk at a time. */
export interface Searcher {
  /** Takes a chunk: whole lines, the last one possibly without its newline. */
  begin(chunk: Buffer): void;
  /** The offset of a match at or behind `from`, which is a line start; -1 when there is none. Calls go forward only. */
  next(from: number): number;
}

/** Looks for plain text. */
export function literalSearcher(text: Buffer): Searcher {
  const find = finder(text);
  let chunk: Buffer = Buffer.alloc(0);
  return {
    begin(next) {
      chunk = next;
    },
    next: (from) => find(chunk, from),
  };
}

/** Whether a text that every match contains is looked for before the expression is run. */
export function isWorthSearching(required: string): boolean {
  return required.length >= shortestRequired;
}

/**
 * Lets V8 run an expression that backtracks too often with its linear-time engine. Set here and not for the whole
 * executable: with any V8 option at start, Node does not use the compiled code of its own modules, which takes 14 ms more.
 */
function setPatience(backtracks: number): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString(`--regexp-backtracks-before-fallback=${backtracks}`);
}

/** An expression for lines of any length. */
export function boundedExpression(source: string, flags = ''): RegExp {
  setPatience(longLinePatience);
  return new RegExp(source, flags);
}

/** An expression twice: for text whose lines are all short, and for any. */
function boundedExpressions(source: string, flags: string): { patient: RegExp; impatient: RegExp } {
  setPatience(patience);
  // Something else than the other one, or V8 would use the same compiled code for both.
  const patient = new RegExp(`(?:)(?:${source})`, flags);
  // V8 reads the setting when it compiles, which is at the first use, and again after a few: never later than here.
  for (let times = 0; times < 3; times++) patient.exec('x');
  patient.lastIndex = 0;
  return { patient, impatient: boundedExpression(source, flags) };
}

function hasLongLine(piece: Buffer): boolean {
  let from = 0;
  while (piece.length - from > longLineBytes) {
    const next = piece.lastIndexOf(newline, from + longLineBytes) + 1;
    if (next <= from) return true;
    from = next;
  }
  return false;
}

/** Looks for an expression. */
export function expressionSearcher(expression: ByteExpression): Searcher {
  const whole = wholeTextSearcher(expression);
  return isWorthSearching(expression.required) ? requiredTextSearcher(expression, whole) : whole;
}

/** Runs an expression over everything. */
function wholeTextSearcher({ source, asciiSource }: ByteExpression): Searcher {
  const forAll = boundedExpressions(source, 'gm');
  const forAscii = boundedExpressions(asciiSource, 'gm');
  let chunk: Buffer = Buffer.alloc(0);
  let [pieceStart, pieceEnd, text, expression] = [0, 0, '', forAll.patient];
  const take = (from: number): void => {
    pieceStart = from;
    const wanted = from + pieceBytes;
    const lineEnd = wanted < chunk.length ? chunk.lastIndexOf(newline, wanted) : -1;
    // A line longer than a piece is a piece.
    const found = lineEnd >= from || wanted >= chunk.length ? lineEnd : chunk.indexOf(newline, wanted);
    pieceEnd = found < from ? chunk.length : found + 1;
    const piece = chunk.subarray(from, pieceEnd);
    const expressions = isAscii(piece) ? forAscii : forAll;
    expression = hasLongLine(piece) ? expressions.impatient : expressions.patient;
    text = chunk.toString('latin1', from, pieceEnd);
  };
  return {
    begin(next) {
      chunk = next;
      [pieceStart, pieceEnd] = [0, 0];
    },
    next(from) {
      for (let at = from; at < chunk.length; at = pieceEnd) {
        if (at < pieceStart || at >= pieceEnd) take(at);
        expression.lastIndex = at - pieceStart;
        const start = matchStart(expression, text);
        // The empty place behind a newline is no line of this piece; that behind an unfinished line belongs to the line.
        const isBehind = start === text.length && chunk[pieceEnd - 1] === newline;
        if (start >= 0 && !isBehind) return pieceStart + start;
      }
      return -1;
    },
  };
}

/** Looks for the text that every match contains, at memory speed, and runs the expression on the lines that have it. */
function requiredTextSearcher({ source, required }: ByteExpression, whole: Searcher): Searcher {
  const find = finder(Buffer.from(required, 'latin1'));
  const onLine = boundedExpressions(source, 'm');
  let chunk: Buffer = Buffer.alloc(0);
  let misses = 0;
  return {
    begin(next) {
      chunk = next;
      misses = 0;
      whole.begin(next);
    },
    next(from) {
      let at = from;
      for (; misses * bytesPerMiss <= chunk.length; misses++) {
        const hit = find(chunk, at);
        if (hit < 0) return -1;
        const start = lineStartOf(chunk, hit);
        const end = lineEndOf(chunk, hit);
        const expression = end - start > longLineBytes ? onLine.impatient : onLine.patient;
        if (expression.test(chunk.toString('latin1', start, end))) return start;
        at = end + 1;
      }
      return whole.next(at);
    },
  };
}

function matchStart(expression: RegExp, text: string): number {
  // test() and lastIndex give only the end, so a match that ends where a line begins would name the wrong line.
  return expression.exec(text)?.index ?? -1;
}

/** Where the line begins that has the byte at `at`. */
export function lineStartOf(chunk: Buffer, at: number): number {
  return at === 0 ? 0 : chunk.lastIndexOf(newline, at - 1) + 1;
}

/** Where the line ends that has the byte at `at`: its newline, or the end of the chunk. */
export function lineEndOf(chunk: Buffer, at: number): number {
  const end = chunk.indexOf(newline, at);
  return end < 0 ? chunk.length : end;
}
