/** Finds the next place in a chunk that matches: as plain text, as an expression, or first by what every match contains. */
import { isAscii } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import type { ByteExpression } from './byte-expression.ts';
import { type Finder, finder } from './vectors.ts';

const newline = 10;
/** Expressions are run over pieces of about this size: longer strings leave the processor's cache and V8's nursery. */
const pieceBytes = 64 * 1024;
/** If more lines than one in this many bytes have the required text and do not match, looking for it first does not pay. */
const bytesPerMiss = 1024;
/** On longer lines each backtrack that V8 counts may hide a long loop: `\w+` takes back a whole word for one. */
const longLineBytes = 2048;
/** How often an expression may backtrack before V8 continues with its linear engine, which is slower on most text. */
const patience = 10_000;
const longLinePatience = 20;

/** Looks for one thing, in one chunk at a time. */
export interface Searcher {
  /** Takes a chunk: whole lines, the last one possibly without its newline. */
  begin(chunk: Buffer): void;
  /** The offset of a match at or after `from`, which is a line start; -1 when there is none. `from` never decreases. */
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

/** Looks for an expression. */
export function expressionSearcher(expression: ByteExpression): Searcher {
  const choose = compile(expression);
  const whole = wholeTextSearcher(choose);
  const { required } = expression;
  return required.length > 0 ? requiredTextSearcher(required, choose, whole) : whole;
}

/** An expression for lines of any length, which V8 runs in linear time. */
export function linearExpression(source: string, flags = ''): RegExp {
  setPatience(longLinePatience);
  return new RegExp(source, flags);
}

/**
 * Makes V8 continue with its linear engine when an expression backtracks too often. Set here and not for the whole executable:
 * with any V8 option at start, Node does not use the compiled code of its own modules, which costs 14 ms.
 */
function setPatience(backtracks: number): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString(`--regexp-backtracks-before-fallback=${backtracks}`);
}

/** Gives the form of an expression that fits some bytes. */
type Choose = (bytes: Buffer) => RegExp;

function compile({ source, ascii }: ByteExpression): Choose {
  const [forAll, forAscii] = [source, ascii].map((each) => ({
    patient: patientExpression(each, 'gm'),
    impatient: linearExpression(each, 'gm'),
  })) as [Record<'patient' | 'impatient', RegExp>, Record<'patient' | 'impatient', RegExp>];
  return (bytes) => (isAscii(bytes) ? forAscii : forAll)[hasLongLine(bytes) ? 'impatient' : 'patient'];
}

/** An expression for lines that are all short. */
function patientExpression(source: string, flags: string): RegExp {
  setPatience(patience);
  // The source must differ from that of the linear expression, or V8 would use the same compiled code for both.
  const expression = new RegExp(`(?:)(?:${source})`, flags);
  // V8 reads the setting when it compiles: at the first use, and again after a few.
  for (let times = 0; times < 3; times++) expression.exec('x');
  expression.lastIndex = 0;
  return expression;
}

function hasLongLine(bytes: Buffer): boolean {
  let from = 0;
  while (bytes.length - from > longLineBytes) {
    const next = bytes.lastIndexOf(newline, from + longLineBytes) + 1;
    if (next <= from) return true;
    from = next;
  }
  return false;
}

/** Runs an expression over everything. */
function wholeTextSearcher(choose: Choose): Searcher {
  let chunk: Buffer = Buffer.alloc(0);
  let piece = { start: 0, end: 0, text: '', expression: /(?:)/ };
  const take = (start: number): void => {
    const end = pieceEnd(chunk, start);
    piece = { start, end, text: chunk.toString('latin1', start, end), expression: choose(chunk.subarray(start, end)) };
  };
  return {
    begin(next) {
      chunk = next;
      piece.end = 0;
    },
    next(from) {
      for (let at = from; at < chunk.length; at = piece.end) {
        if (at < piece.start || at >= piece.end) take(at);
        const { start, end, text, expression } = piece;
        expression.lastIndex = at - start;
        // Not test(), which gives only the end of a match: that may be the beginning of the next line.
        const found = expression.exec(text)?.index ?? -1;
        // The empty place behind the last newline is no line of this piece.
        const isBehind = found === text.length && chunk[end - 1] === newline;
        if (found >= 0 && !isBehind) return start + found;
      }
      return -1;
    },
  };
}

/** Where a piece ends that holds whole lines only. A longer line is a piece of its own. */
function pieceEnd(chunk: Buffer, start: number): number {
  const wanted = start + pieceBytes;
  if (wanted >= chunk.length) return chunk.length;
  const lineEnd = chunk.lastIndexOf(newline, wanted);
  return Math.min(chunk.length, (lineEnd >= start ? lineEnd : lineEndOf(chunk, wanted)) + 1);
}

/**
 * Looks for the longest text that every match contains, at memory speed, and runs the expression on the lines that have it. When
 * one of them does not match, looks whether the chunk has the other texts at all.
 */
function requiredTextSearcher(required: string[], choose: Choose, whole: Searcher): Searcher {
  const [find, ...others] = required.map((text) => finder(Buffer.from(text, 'latin1'))) as [Finder, ...Finder[]];
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
      while (misses * bytesPerMiss <= chunk.length) {
        const hit = find(chunk, at);
        if (hit < 0) return -1;
        const [start, end] = [lineStartOf(chunk, hit), lineEndOf(chunk, hit)];
        const expression = choose(chunk.subarray(start, end));
        expression.lastIndex = 0;
        if (expression.test(chunk.toString('latin1', start, end))) return start;
        at = end + 1;
        if (misses++ === 0 && others.some((each) => each(chunk, at) < 0)) return -1;
      }
      return whole.next(at);
    },
  };
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
