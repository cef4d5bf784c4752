/** Checking the syntax of an expression with characters beyond U+FFFF. */
import { pointOfPair } from './character-reader.ts';

/** An escaped backslash, a character beyond U+FFFF as two escapes, or such a character itself. */
const beyondBasicPlane = /(\\\\)|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|[\u{10000}-\u{10ffff}]/giu;

/**
 * An expression with the same syntax in which every character is one code unit. Each character beyond U+FFFF is replaced by
 * one near U+FFFF, and their order is kept. Otherwise `[😀-😎]` would be a range between the halves of two characters. The flag `u`
 * does not help: it forbids much that is common.
 */
export function inBasicPlane(text: string): string {
  const pointOf = (found: string, first?: string, second?: string): number =>
    first && second ? pointOfPair(first, second) : (found.codePointAt(0) as number);
  const points = [...text.matchAll(beyondBasicPlane)]
    .filter(([, escapedBackslash]) => escapedBackslash === undefined)
    .map(([found, , first, second]) => pointOf(found, first, second));
  const ordered = [...new Set(points)].sort((a, b) => a - b);
  return text.replace(beyondBasicPlane, (found, escapedBackslash, first, second) =>
    escapedBackslash
      ? found
      : String.fromCharCode(0x10000 - ordered.length + ordered.indexOf(pointOf(found, first, second))),
  );
}
