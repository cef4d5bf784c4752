/** `--message`, compiled: which lines of a chunk match. */
import { isAscii } from 'node:buffer';
import type { ByteExpression } from './byte-expression.ts';
import { toByteExpression } from './byte-expression.ts';
import { escapedForms, escapeMarks } from './escaped-text.ts';
import { marksIn } from './marks.ts';
import { decodeLine, readableMarks, readableSearcher, withoutColours } from './readable.ts';
import type { Searcher } from './searcher.ts';
import { expressionSearcher, linearExpression, lineEndOf, lineStartOf, literalSearcher } from './searcher.ts';

const carriageReturn = 13;
/** A character that an expression reads as something else than itself. */
export const special = /[\\^$.*+?()[\]{}|]/;

/** What the user asked for, as it travels in the plan. */
export interface MessageOptions {
  text: string;
  /** How the text is read: as plain text, as an expression, or as both, where either may match. */
  mode: 'plain' | 'expression' | 'either';
  ignoreCase: boolean;
  /** The encoding of lines that are not UTF-8, as TextDecoder names it; undefined: none. */
  encoding?: string;
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

/** A searcher, and in which chunks it is needed: in those that have one of the `marks`, or in those that have none of them. */
interface Place {
  searcher: Searcher;
  marks: number;
  isWithout: boolean;
}

/** What one text is compiled to: how lines are found, and the expression that decides for one decoded line. */
interface CompiledText {
  places: Place[];
  deciding: RegExp;
}

/** Compiles options that `checkMessage` has let through. Of several, any may match. */
export function compileMatcher(...options: MessageOptions[]): Matcher {
  const encoding = options.find((each) => each.encoding !== undefined)?.encoding;
  return new LineMatcher(options.map(compileText), encoding);
}

function compileText({ text, mode, ignoreCase }: MessageOptions): CompiledText {
  // Without a special character the text means itself in every mode.
  const expression = mode !== 'plain' && special.test(text) ? toByteExpression(text, ignoreCase) : undefined;
  if (expression && mode === 'expression')
    return { places: [everywhere(expressionSearcher(expression))], deciding: linearExpression(expression.text) };
  const plain = plainExpression(text, ignoreCase);
  const forms = escapedForms(text);
  const escaped = forms === undefined ? undefined : toByteExpression(forms, ignoreCase);
  const both = expression && eitherOf(plain, expression);
  const places: Place[] = [];
  if (escaped) places.push({ searcher: expressionSearcher(escaped), marks: escapeMarks, isWithout: false });
  if (both) places.push(everywhere(expressionSearcher(both)));
  else {
    // The other forms include the text itself.
    const marks = escaped ? escapeMarks : 0;
    places.push({ searcher: plainSearcher(text, plain, ignoreCase), marks, isWithout: true });
    if (expression) places.push(everywhere(expressionSearcher(expression)));
  }
  const deciding = [escaped ?? plain, ...(expression ? [expression] : [])].map((each) => each.text);
  return { places, deciding: linearExpression(deciding.join('|')) };
}

const everywhere = (searcher: Searcher): Place => ({ searcher, marks: 0, isWithout: true });

/** Without regard to case, plain text becomes an expression of classes: that is faster than a search in lowered copies. */
function plainSearcher(text: string, plain: ByteExpression, ignoreCase: boolean): Searcher {
  const isCased = text.toLowerCase() !== text || text.toUpperCase() !== text;
  return ignoreCase && isCased ? expressionSearcher(plain) : literalSearcher(Buffer.from(text));
}

/** The expression that matches a text as it is typed. */
function plainExpression(text: string, ignoreCase: boolean): ByteExpression {
  return toByteExpression(text.replace(new RegExp(special, 'g'), '\\$&'), ignoreCase);
}

/** One expression for both, if every match of both contains the same text: then one search for that text is enough. */
function eitherOf(plain: ByteExpression, expression: ByteExpression): ByteExpression | undefined {
  const required = expression.required.filter((run) => plain.required.some((text) => text.includes(run)));
  if (required.length === 0) return undefined;
  return {
    ...expression,
    source: `${plain.source}|${expression.source}`,
    ascii: `${plain.ascii}|${expression.ascii}`,
    required,
  };
}

/** Merges what its searchers find, line by line. */
class LineMatcher implements Matcher {
  /** Each with its next hit, which is -1 when it has none left. */
  readonly #searchers: Array<Place & { hit: number }>;
  readonly #wantedMarks: number;
  readonly #deciding: RegExp[];
  readonly #encoding: string | undefined;

  constructor(texts: CompiledText[], encoding: string | undefined) {
    const readable = readableSearcher(encoding, (text) => this.#decidesFor(text));
    const all = [
      ...texts.flatMap(({ places }) => places),
      { searcher: readable, marks: readableMarks(encoding), isWithout: false },
    ];
    this.#searchers = all.map((place) => ({ ...place, hit: -1 }));
    this.#wantedMarks = all.reduce((wanted, { marks }) => wanted | marks, 0);
    this.#deciding = texts.map(({ deciding }) => deciding);
    this.#encoding = encoding;
  }

  scan(chunk: Buffer, onLine: (start: number, end: number) => boolean): void {
    const marks = marksIn(chunk, this.#wantedMarks);
    for (const each of this.#searchers) {
      each.hit = -1;
      if (((each.marks & marks) === 0) !== each.isWithout) continue;
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
    return this.#decidesFor(line.toString()) || this.#decidesFor(withoutColours(decodeLine(line, this.#encoding)));
  }

  #decidesFor(text: string): boolean {
    return this.#deciding.some((each) => each.test(text));
  }
}
