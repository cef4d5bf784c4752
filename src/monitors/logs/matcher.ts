/** `--message`, compiled: which lines of a chunk match. */
import { setFlagsFromString } from 'node:v8';
import { messageOf, UsageError } from '../../errors.ts';
import type { ByteExpression } from './byte-expression.ts';
import { toByteExpression } from './byte-expression.ts';
import type { Searcher } from './searcher.ts';
import { expressionSearcher, isWorthSearching, lineEndOf, lineStartOf, literalSearcher } from './searcher.ts';

const carriageReturn = 13;
/** A character that an expression reads as something else than itself. */
const special = /[\\^$.*+?()[\]{}|]/;

/** What the user asked for, as it travels in the plan. */
export interface MessageOptions {
  text: string;
  /** How the text is read: as plain text, as an expression, or as both, where either may match. */
  mode: 'plain' | 'expression' | 'either';
  ignoreCase: boolean;
}

export interface Matcher {
  /**
   * Calls `onLine` for each line of the chunk that matches, in order, with the offsets of its first byte and of its end,
   * line end (LF or CRLF) left out. The last line need not have one. `onLine` returns false to stop.
   */
  scan(chunk: Buffer, onLine: (start: number, end: number) => boolean): void;
  /** Whether any line of a text matches. */
  test(text: Buffer): boolean;
}

/** Checks what the user asked for. Throws UsageError; gives remarks on what works otherwise than it may seem. */
export function checkMessage(
  options: MessageOptions,
  remark: (text: string) => void,
  option = 'message',
): MessageOptions {
  const { text, mode, ignoreCase } = options;
  if (/[\n\0]/.test(text)) throw new UsageError(`--${option}: a line never contains a line break or a NUL byte`);
  if (mode === 'plain') return options;
  try {
    if (toByteExpression(text, ignoreCase).mayBacktrack)
      remark(
        `--${option}: look-around and back-references may take long: a line that takes over 50 ms counts as not matching`,
      );
    return options;
  } catch (error) {
    // "Invalid regular expression: /a(/: Unterminated group"
    const reason = messageOf(error).replace(/^.*\/[a-z]*: /s, '');
    if (mode === 'expression')
      throw new UsageError(`--${option}: ${JSON.stringify(text)} is not a regular expression: ${reason}`, {
        cause: error,
      });
    remark(`--${option} is no regular expression (${reason}) and is searched for as plain text`);
    return { ...options, mode: 'plain' };
  }
}

/**
 * Lets V8 run an expression that backtracks too often with its linear-time engine. Set here and not for the whole
 * executable: with any V8 option at start, Node does not use the compiled code of its own modules, which takes 14 ms more.
 */
function boundBacktracking(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  setFlagsFromString('--regexp-backtracks-before-fallback=10000');
}

/**
 * Compiles options that `checkMessage` has let through; of several, any may match. A text that `mayTakeLong` is compiled
 * loosely: what is found is then still to be judged.
 */
export function compileMatcher(...options: MessageOptions[]): Matcher {
  boundBacktracking();
  return new LineMatcher(options.flatMap(searchersOf));
}

/** Whether there is no linear-time engine for a text: it has look-around or back-references. */
export function mayTakeLong({ text, mode, ignoreCase }: MessageOptions): boolean {
  return mode !== 'plain' && special.test(text) && toByteExpression(text, ignoreCase).mayBacktrack;
}

/** The one expression that decides, for a line as Latin-1. It may take as long as it likes: to be run under a bound. */
export function compileExactly({ text, mode, ignoreCase }: MessageOptions): RegExp {
  const plain = plainExpression(text, ignoreCase).source;
  if (mode === 'plain' || !special.test(text)) return new RegExp(plain, 'm');
  const { source } = toByteExpression(text, ignoreCase);
  // The expression first: a group of the plain text would shift the numbers of back-references, and it has none.
  return new RegExp(mode === 'expression' ? source : `${source}|${plain}`, 'm');
}

function searchersOf({ text, mode, ignoreCase }: MessageOptions): Searcher[] {
  // Without a special character the text means itself in every mode.
  if (mode === 'plain' || !special.test(text)) return [plainSearcher(text, ignoreCase)];
  const expression = toByteExpression(text, ignoreCase, true);
  if (mode === 'expression') return [expressionSearcher(expression)];
  const both = eitherOf(plainExpression(text, ignoreCase), expression);
  if (both) return [expressionSearcher(both)];
  return [plainSearcher(text, ignoreCase), expressionSearcher(expression)];
}

/** Plain text whose case does not matter is an expression of classes: V8 skips through those faster than through lowered copies. */
function plainSearcher(text: string, ignoreCase: boolean): Searcher {
  const isCased = text.toLowerCase() !== text || text.toUpperCase() !== text;
  if (!ignoreCase || !isCased) return literalSearcher(Buffer.from(text));
  return expressionSearcher(plainExpression(text, ignoreCase));
}

/** The expression that matches a text as it is typed. */
function plainExpression(text: string, ignoreCase: boolean): ByteExpression {
  return toByteExpression(text.replace(new RegExp(special, 'g'), '\\$&'), ignoreCase);
}

/** One expression for both, if they have a required text in common: one search for it is half the work of two searches. */
function eitherOf(plain: ByteExpression, expression: ByteExpression): ByteExpression | undefined {
  if (!isWorthSearching(expression.required) || !plain.required.includes(expression.required)) return undefined;
  const source = `${plain.source}|${expression.source}`;
  return { ...expression, source, asciiSource: `${plain.asciiSource}|${expression.asciiSource}` };
}

/** Merges what its searchers find, line by line. */
class LineMatcher implements Matcher {
  readonly #searchers: Searcher[];
  /** The next hit of each searcher: -1 when it has none left. */
  readonly #hits: number[];

  constructor(searchers: Searcher[]) {
    this.#searchers = searchers;
    this.#hits = searchers.map(() => -1);
  }

  scan(chunk: Buffer, onLine: (start: number, end: number) => boolean): void {
    this.#searchers.forEach((searcher, index) => {
      searcher.begin(chunk);
      this.#hits[index] = searcher.next(0);
    });
    for (;;) {
      const hit = this.#firstHit();
      if (hit < 0) return;
      const start = lineStartOf(chunk, hit);
      const lineEnd = lineEndOf(chunk, hit);
      const hasReturn = lineEnd > start && lineEnd < chunk.length && chunk[lineEnd - 1] === carriageReturn;
      const end = hasReturn ? lineEnd - 1 : lineEnd;
      const next = lineEnd + 1;
      // The expression may have needed the CR that is no part of the line: the line alone decides.
      const isMatch = !hasReturn || this.#matchesAlone(Buffer.from(chunk.subarray(start, end)));
      if (isMatch && !onLine(start, end)) return;
      if (hasReturn) this.#resume(chunk, next);
      else this.#advance(chunk, next);
    }
  }

  test(text: Buffer): boolean {
    let isFound = false;
    this.scan(text, () => {
      isFound = true;
      return false;
    });
    return isFound;
  }

  #firstHit(): number {
    let first = -1;
    for (const hit of this.#hits) if (hit >= 0 && (first < 0 || hit < first)) first = hit;
    return first;
  }

  #advance(chunk: Buffer, from: number): void {
    for (let index = 0; index < this.#hits.length; index++) {
      const hit = this.#hits[index] as number;
      if (hit < 0 || hit >= from) continue;
      this.#hits[index] = from < chunk.length ? (this.#searchers[index] as Searcher).next(from) : -1;
    }
  }

  /** As `#advance`, after the searchers were used on something else. */
  #resume(chunk: Buffer, from: number): void {
    for (const searcher of this.#searchers) searcher.begin(chunk);
    this.#advance(chunk, from);
  }

  #matchesAlone(line: Buffer): boolean {
    return this.#searchers.some((searcher) => {
      searcher.begin(line);
      return searcher.next(0) >= 0;
    });
  }
}
