import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../../../../src/errors.ts';
import { toByteExpression } from '../../../../src/monitors/logs/matching/byte-expression.ts';
import { checkMessage } from '../../../../src/monitors/logs/matching/check-message.ts';
import type { MessageOptions } from '../../../../src/monitors/logs/matching/matcher.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';
import { randomBelow, seedsFor } from '../../../support/random.ts';

const seeds = seedsFor(300);

const ascii = ['a', 'b', 'c', 'A', 'B', '1', '2', ' ', '-', '_', '.', 'x', '=', '[', ']'];
const multiByte = [
  'é',
  'É',
  'ü',
  '漢',
  '字',
  '😀',
  '😃',
  '🙏',
  '𐀀',
  '\u00a0',
  'ж',
  'Ж',
  'σ',
  'ς',
  'Σ',
  '\u2028',
  '\ufffd',
];

/** Expressions and lines that have much in common, so that about half of them match. */
class Writer {
  readonly #below: (below: number) => number;
  readonly #characters: string[];

  constructor(below: (below: number) => number) {
    this.#below = below;
    this.#characters = below(2) === 0 ? ascii : [...ascii, ...multiByte];
  }

  pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }

  line(): string {
    // Short, because the plain expression backtracks without a bound.
    const characters = Array.from({ length: this.#below(9) }, () => this.pick(this.#characters));
    return characters.join('') + (this.#below(8) === 0 ? `\r${this.pick(this.#characters)}` : '');
  }

  expression(depth = 2): string {
    const terms = Array.from({ length: 1 + this.#below(4) }, () => this.#term(depth));
    return terms.join('') + (this.#below(5) === 0 ? `|${this.#term(depth)}` : '');
  }

  #term(depth: number): string {
    const kind = this.#below(20);
    if (kind < 2) return '^';
    if (kind < 4) return '$';
    if (kind === 4) return '\\b';
    return (
      this.#atom(depth) +
      (this.#below(3) === 0
        ? this.pick(['*', '+', '?', '+?', '{2}', '{1,}', '{0,2}', '{2,}', '{0,17}', '{0,70}?', '{3,5}'])
        : '')
    );
  }

  #atom(depth: number): string {
    const kind = this.#below(12);
    if (kind < 5) return this.#literal();
    if (kind < 7) return this.pick(['.', '\\d', '\\w', '\\s', '\\D', '\\W', '\\S']);
    if (kind < 9 || depth === 0) return this.#class();
    return `${this.pick(['(', '(?:'])}${this.expression(depth - 1)})`;
  }

  #literal(): string {
    const character = this.pick(this.#characters);
    return character.replace(/[.[\]]/, '\\$&');
  }

  #class(): string {
    const members = Array.from({ length: 1 + this.#below(3) }, () =>
      this.#below(3) === 0
        ? this.pick(['a-c', '0-9', '\\d', '\\w', '\\s', '\\S', 'à-ÿ', '一-龥', '😀-😎', 'a-😎', '\u{10000}-🙏'])
        : this.#literal(),
    );
    // A hyphen between two others would be a range.
    return `[${this.#below(3) === 0 ? '^' : ''}${members.filter((each) => each !== '-').join('')}_]`;
  }
}

/** Nested counts multiply. */
function countsTooMuch(options: MessageOptions): boolean {
  try {
    checkMessage(options, () => undefined);
    return false;
  } catch (error) {
    if (/counted repetition/.test(messageOf(error))) return true;
    throw error;
  }
}

/** V8 takes every form in which lines are searched for with the flag `l`: else it could not run it in linear time. */
function assertLinear({ text, ignoreCase }: { text: string; ignoreCase: boolean }): void {
  const { source, ascii, text: decoded } = toByteExpression(text, ignoreCase);
  for (const each of [source, ascii, decoded]) new RegExp(each, 'lgm');
}

test('the lines that match are those in which the plain expression is found', () => {
  setFlagsFromString('--enable-experimental-regexp-engine');
  for (const seed of seeds) {
    const below = randomBelow(seed);
    const writer = new Writer(below);
    const [text, ignoreCase] = [writer.expression(), below(3) === 0];
    const plain = new RegExp(text, ignoreCase ? 'isu' : 'su');
    const options = { text, mode: 'expression', ignoreCase } as const;
    if (countsTooMuch(options)) continue;
    const lines = Array.from({ length: 1 + below(12) }, () => writer.line());
    const lineEnd = writer.pick(['\n', '\r\n']);
    const isUnfinished = below(3) === 0 && lines.at(-1) !== '';
    const chunk = Buffer.from(lines.join(lineEnd) + (isUnfinished ? '' : lineEnd));
    const expected = lines.filter((line) => plain.test(line));
    const found: string[] = [];
    compileMatcher(options).scan(chunk, (start, end) => {
      found.push(chunk.toString('utf8', start, end));
      return true;
    });
    assertLinear(options);
    assert.deepEqual(found, expected, `seed ${seed}: ${JSON.stringify({ ...options, chunk: chunk.toString() })}`);
  }
});
