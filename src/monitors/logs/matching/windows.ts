/** Parts of a text that is too large to be searched in one go. */

const newline = 10;
const windowBytes = 256 * 1024;
/** What a match may span where a line goes on behind a window. */
const overlapBytes = 64 * 1024;
/** A larger text holds up everything else for longer than some ten milliseconds when an expression is run over it. */
export const largeBytes = 2 * windowBytes;

/** Where a part of a text begins. */
export interface Place {
  from: number;
  /** Whether that is in the midst of a line. */
  isInLine: boolean;
}

export const beginning: Place = { from: 0, isInLine: false };

export interface Part {
  window: Buffer;
  /** Where the next part begins; undefined: this is the last. */
  next: Place | undefined;
}

/**
 * The part of a text at a place: the text itself, or parts of it that hold every line whole, and lines that are longer in parts
 * that overlap. A NUL stands where such a line goes on, so that `^` and `$` do not match there. No generator, since it may be
 * broken off: then a generator could not be asked again.
 */
export function partAt(text: Buffer, { from, isInLine }: Place): Part {
  if (text.length <= largeBytes) return { window: text, next: undefined };
  const wanted = from + windowBytes;
  const newlineAt = wanted >= text.length ? text.length : text.lastIndexOf(newline, wanted);
  const isWhole = newlineAt > from;
  const to = isWhole ? newlineAt : wanted;
  const next = { from: isWhole ? to + 1 : to - overlapBytes, isInLine: !isWhole };
  const window = Buffer.concat([mark(isInLine), text.subarray(from, to), mark(!isWhole)]);
  return { window, next: next.from < text.length ? next : undefined };
}

const mark = (isThere: boolean): Buffer => Buffer.alloc(isThere ? 1 : 0);
