/** From the text of an option's value to the value: one function for each kind. They say what is wrong, the caller says where. */
import type { Space } from '../plugin.ts';

/** `250ms 10s 5m 2h 1d`, a bare number is seconds; in milliseconds; 0 only with `orZero`. Throws an Error that says what was expected. */
export function parseDuration(text: string, orZero = false): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? 's'];
  const ms = Math.round(Number(match?.[1]) * (unit ?? Number.NaN));
  // A timer takes at most 2^31-1 ms (Node's setTimeout); a longer one would fire at once.
  if (!(ms >= (orZero ? 0 : 1)))
    throw new Error(`expected a duration such as 250ms, 10s, 5m, 2h or 1d, got ${JSON.stringify(text)}`);
  if (ms > 2 ** 31 - 1) throw new Error(`expected at most 24d, got ${JSON.stringify(text)}`);
  return ms;
}

/** A whole number of at least 1. Throws an Error that says what was expected. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value))
    throw new Error(`expected a whole number of at least 1, got ${JSON.stringify(text)}`);
  return value;
}

/** A whole number of at least `minimum`. Throws an Error that says what was expected. */
export function parseInteger(text: string, minimum: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < minimum || !Number.isSafeInteger(value))
    throw new Error(`expected a whole number of at least ${minimum}, got ${JSON.stringify(text)}`);
  return value;
}

/** `512K 10M 2G 1T`, powers of 1024, a bare number is bytes; in bytes, at least `minimum`. Throws an Error that says what was expected. */
export function parseSize(text: string, minimum = 0): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit.toUpperCase()));
  if (!(Number.isSafeInteger(bytes) && bytes >= minimum))
    throw new Error(`expected a size such as 512K, 10M or 2G, got ${JSON.stringify(text)}`);
  return bytes;
}

/** A size, or `5%` of a file system. Throws an Error that says what was expected. */
export function parseSpace(text: string): Space {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent <= 100) return { percent };
  if (text.includes('%')) throw new Error(`expected at most 100%, got ${JSON.stringify(text)}`);
  return { bytes: parseSize(text) };
}

/** One of a few words. Throws an Error that names them. */
export function parseChoice(text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw new Error(`expected ${choices.join(', ')}, got ${JSON.stringify(text)}`);
}

/** Comma-separated values, several of them where the option was repeated; empty ones are an error. */
export function parseList(texts: string[]): string[] {
  const braces = texts.find((text) => /\{[^{}]*,[^{}]*\}/.test(text));
  if (braces !== undefined)
    throw new Error(
      `braces are not expanded here: name each value, with commas between, got ${JSON.stringify(braces)}`,
    );
  const values = texts.flatMap((text) => text.split(',')).map((value) => value.trim());
  if (values.includes(''))
    throw new Error(`expected a comma-separated list without gaps, got ${JSON.stringify(texts.join(','))}`);
  return values;
}
