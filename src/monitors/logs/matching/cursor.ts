/** A place in a text that is read from left to right. */
export class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The next code unit, or the one `ahead` of it, without moving; empty at the end. */
  peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? '';
  }

  /** Reads one code point. */
  next(): string {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  /** Moves past a character if it is the next one. Returns whether it was. */
  take(character: string): boolean {
    const isThere = this.peek() === character;
    if (isThere) this.#at++;
    return isThere;
  }

  /** Moves past what a sticky expression matches here; undefined where it matches nothing. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text) ?? undefined;
    if (found) this.#at += found[0].length;
    return found;
  }
}
