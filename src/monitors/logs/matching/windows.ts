/** Parts of a text that is too large to be searched in one go. */

const newline = 10;
const windowBytes = 256 * 1024;
/** What a match may span where a line goes on behind a window. */
const overlapBytes = 64 * 1024;
/** A larger text holds up everything else for longer than some ten milliseconds when an expression is run over it. */
export const largeBytes = 2 * windowBytes;

/**
 * The text itself, or parts of it that hold every line whole, and lines that are longer in parts that overlap. A NUL stands
 * where such a line goes on, so that `^` and `$` do not match there.
 */
export function* windowsOf(text: Buffer): Generator<Buffer, undefined> {
  if (text.length <= largeBytes) {
    yield text;
    return undefined;
  }
  let isInLine = false;
  for (let from = 0; from < text.length; ) {
    const wanted = from + windowBytes;
    const newlineAt = wanted >= text.length ? text.length : text.lastIndexOf(newline, wanted);
    const isWhole = newlineAt > from;
    const to = isWhole ? newlineAt : wanted;
    yield Buffer.concat([mark(isInLine), text.subarray(from, to), mark(!isWhole)]);
    from = isWhole ? to + 1 : to - overlapBytes;
    isInLine = !isWhole;
  }
  return undefined;
}

const mark = (isThere: boolean): Buffer => Buffer.alloc(isThere ? 1 : 0);
