/** `--message`, compiled: which lines of a chunk match. */
import { isAscii } from 'node:buffer';
import type { ByteExpression } from './byte-expression.ts';
import { toByteExpression } from './byte-expression.ts';
import type { Searcher } from './searcher.ts';
import {
  expressionSearcher,
  isWorthSearching,
  linearExpression,
  lineEndOf,
  lineStartOf,
  literalSearcher,
} from './searcher.ts';

const carriageReturn = 13;
/** A character that an expression reads as something else than itself. */
export const special = /[\\^$.*+?()[\]{}|]/;

/** What the user asked for, as it travels in the plan. */
export interface MessageOptions {
  text: string;
  /** How the text is read: as plain text, as an expression, or as both, where either may match. */
  mode: 'plain' | 'expression' | 'either';
  ignoreCase: boolean;
}

export interface Matcher {
  /**
   * Calls `onLine` for each matching line of the chunk, in order, with the offsets of its first byte and of its end, which is
   * before the LF or CRLF. The last line need not have one. `onLine` returns false to stop.
   */
  scan(chunk: Buffer, onLine: (start: number, end: number) => boolean): void;
  /** Whether any line of a text matches. */
  test(text: Buffer): boolean;
}

/** Compiles options that `checkMessage` has let through. Of several, any may match. */
export function compileMatcher(...options: MessageOptions[]): Matcher {
  return new LineMatcher(options.flatMap(searchersOf), options.map(decidingExpression));
}

/** The expression that decides for one decoded line. */
function decidingExpression({ text, mode, ignoreCase }: MessageOptions): RegExp {
  const plain = plainExpression(text, ignoreCase).text;
  if (mode === 'plain' || !special.test(text)) return linearExpression(plain);
  const expression = toByteExpression(text, ignoreCase).text;
  return linearExpression(mode === 'expression' ? expression : `${expression}|${plain}`);
}

function searchersOf({ text, mode, ignoreCase }: MessageOptions): Searcher[] {
  // Without a special character the text means itself in every mode.
  if (mode === 'plain' || !special.test(text)) return [plainSearcher(text, ignoreCase)];
  const expression = toByteExpression(text, ignoreCase);
  if (mode === 'expression') return [expressionSearcher(expression)];
  const both = eitherOf(plainExpression(text, ignoreCase), expression);
  if (both) return [expressionSearcher(both)];
  return [plainSearcher(text, ignoreCase), expressionSearcher(expression)];
}

/** Without regard to case, plain text becomes an expression of classes: that is faster than a search in lowered copies. */
function plainSearcher(text: string, ignoreCase: boolean): Searcher {
  const isCased = text.toLowerCase() !== text || text.toUpperCase() !== text;
  if (!ignoreCase || !isCased) return literalSearcher(Buffer.from(text));
  return expressionSearcher(plainExpression(text, ignoreCase));
}

/** The expression that matches a text as it is typed. */
function plainExpression(text: string, ignoreCase: boolean): ByteExpression {
  return toByteExpression(text.replace(new RegExp(special, 'g'), '\\$&'), ignoreCase);
}

/** One expression for both, if every match of both contains the same text: then one search for that text is enough. */
function eitherOf(plain: ByteExpression, expression: ByteExpression): ByteExpression | undefined {
  if (!isWorthSearching(expression.required) || !plain.required.includes(expression.required)) return undefined;
  return {
    ...expression,
    source: `${plain.source}|${expression.source}`,
    ascii: `${plain.ascii}|${expression.ascii}`,
  };
}

/** Merges what its searchers find, line by line. */
class LineMatcher implements Matcher {
  /** Each with its next hit, which is -1 when it has none left. */
  readonly #searchers: Array<{ searcher: Searcher; hit: number }>;
  readonly #deciding: RegExp[];

  constructor(searchers: Searcher[], deciding: RegExp[]) {
    this.#searchers = searchers.map((searcher) => ({ searcher, hit: -1 }));
    this.#deciding = deciding;
  }

  scan(chunk: Buffer, onLine: (start: number, end: number) => boolean): void {
    for (const each of this.#searchers) {
      each.searcher.begin(chunk);
      each.hit = each.searcher.next(0);
    }
    let isSimple: boolean | undefined;
    for (;;) {
      const hit = this.#firstHit();
      if (hit < 0) return;
      isSimple ??= isAscii(chunk) && !chunk.includes(carriageReturn);
      const start = lineStartOf(chunk, hit);
      const lineEnd = lineEndOf(chunk, hit);
      const end = lineEnd > start && chunk[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
      const isMatch = isSimple || this.#matchesAlone(chunk.subarray(start, end));
      if (isMatch && !onLine(start, end)) return;
      this.#advance(chunk, lineEnd + 1);
    }
  }

  test(text: Buffer): boolean {
    if (text.length === 0) return this.#matchesAlone(text);
    let isFound = false;
    this.scan(text, () => {
      isFound = true;
      return false;
    });
    return isFound;
  }

  #firstHit(): number {
    let first = -1;
    for (const { hit } of this.#searchers) if (hit >= 0 && (first < 0 || hit < first)) first = hit;
    return first;
  }

  #advance(chunk: Buffer, from: number): void {
    for (const each of this.#searchers)
      if (each.hit >= 0 && each.hit < from) each.hit = from < chunk.length ? each.searcher.next(from) : -1;
  }

  /** Whether the decoded line matches. With a CR, or bytes beyond ASCII, a searcher also finds lines that do not. */
  #matchesAlone(line: Buffer): boolean {
    const text = line.toString();
    return this.#deciding.some((each) => each.test(text));
  }
}
