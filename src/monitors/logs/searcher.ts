/** Finding the next place in a chunk of bytes that matches: as plain text, as an expression, or by what it always contains. */
import { isAscii } from 'node:buffer';
import type { ByteExpression } from './byte-expression.ts';

const newline = 10;
/** Text is searched in pieces of about this size: longer strings leave the processor's cache and V8's nursery. */
const pieceBytes = 64 * 1024;
/** A required text shorter than this is too common to be worth looking for first. */
const shortestRequired = 3;
/** More lines than one in so many bytes that contain the required text and do not match, and looking for it does not pay. */
const bytesPerMiss = 1024;

/** Looks for one thing in a chunk at a time. */
export interface Searcher {
  /** Takes a chunk: whole lines, the last one possibly without its newline. */
  begin(chunk: Buffer): void;
  /** The offset of a match at or behind `from`, which is a line start; -1 when there is none. Calls go forward only. */
  next(from: number): number;
}

/** Looks for plain text. */
export function literalSearcher(text: Buffer): Searcher {
  let chunk: Buffer = Buffer.alloc(0);
  return {
    begin(next) {
      chunk = next;
    },
    next: (from) => chunk.indexOf(text, from),
  };
}

/** Whether a text that every match contains is looked for before the expression is run. */
export function isWorthSearching(required: string): boolean {
  return required.length >= shortestRequired;
}

/** Looks for an expression. */
export function expressionSearcher(expression: ByteExpression): Searcher {
  const whole = wholeTextSearcher(expression);
  return isWorthSearching(expression.required) ? requiredTextSearcher(expression, whole) : whole;
}

/** Runs an expression over everything. */
function wholeTextSearcher({ source, asciiSource }: ByteExpression): Searcher {
  const forAll = new RegExp(source, 'gm');
  const forAscii = new RegExp(asciiSource, 'gm');
  let chunk: Buffer = Buffer.alloc(0);
  let [pieceStart, pieceEnd, text, expression] = [0, 0, '', forAll];
  const take = (from: number): void => {
    pieceStart = from;
    const wanted = from + pieceBytes;
    const lineEnd = wanted < chunk.length ? chunk.lastIndexOf(newline, wanted) : -1;
    // A line longer than a piece is a piece.
    const found = lineEnd >= from || wanted >= chunk.length ? lineEnd : chunk.indexOf(newline, wanted);
    pieceEnd = found < from ? chunk.length : found + 1;
    expression = isAscii(chunk.subarray(from, pieceEnd)) ? forAscii : forAll;
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
        // The empty place behind the last newline is no line.
        if (start >= 0 && pieceStart + start < pieceEnd) return pieceStart + start;
      }
      return -1;
    },
  };
}

/** Looks for the text that every match contains, at memory speed, and runs the expression on the lines that have it. */
function requiredTextSearcher({ source, required }: ByteExpression, whole: Searcher): Searcher {
  const needle = Buffer.from(required, 'latin1');
  const onLine = new RegExp(source, 'm');
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
        const hit = chunk.indexOf(needle, at);
        if (hit < 0) return -1;
        const start = lineStartOf(chunk, hit);
        const end = lineEndOf(chunk, hit);
        if (onLine.test(chunk.toString('latin1', start, end))) return start;
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
