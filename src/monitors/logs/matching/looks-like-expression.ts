/** Tells an expression from pasted text, by signs that log lines do not have by chance. */

const quantifier = String.raw`(?:[*+?]|\{\d+(?:,\d*)?\})`;

/** One of these makes a text an expression. */
const signs: readonly RegExp[] = [
  // ^ first, $ last
  /^\^/,
  /\$$/,
  // .* .+ .{3}
  new RegExp(String.raw`\.${quantifier}`),
  // [a-f_]+ (ab)?
  new RegExp(String.raw`[\])]${quantifier}`),
  // [^ ]
  /\[\^[^\]]+\]/,
  // [0-9a-f] [[:digit:]]
  /\[(?:[\p{L}\p{N}]-[\p{L}\p{N}]|\[:[a-z]+:\])+\]/u,
  // (a|b)
  /\([^()]*[^()|\s]\|[^()|\s][^()]*\)/,
];
/** Backslashes say nothing in a path of Windows: `C:\data`, `\\server\share`. */
const backslashSigns: readonly RegExp[] = [/\\[dDwWsSb]/, /\\[\^$.*+?()[\]{}|]/];

/** Whether `--message` is also read as an expression. It need not be a valid one. */
export function looksLikeExpression(text: string): boolean {
  if (text.startsWith('(?i)')) return true;
  const parts = splitAtBars(text);
  const hasBlankAtBar =
    parts.slice(1).some((part) => /^\s/.test(part)) || parts.slice(0, -1).some((part) => /\s$/.test(part));
  // The columns of a pasted line. As an expression, any one of them would do.
  if (hasBlankAtBar) return false;
  return parts.length === 2 || parts.every(hasSign);
}

/** Whether a text has a path of Windows in it, where a backslash is itself. */
export function isWindowsPath(text: string): boolean {
  return /(?:^|[^A-Za-z])[A-Za-z]:\\|(?:^|[\s"'(=])\\\\\w/.test(text);
}

function hasSign(text: string): boolean {
  return (
    signs.some((sign) => sign.test(text)) ||
    hasLetterInBothCases(text) ||
    (!isWindowsPath(text) && backslashSigns.some((sign) => sign.test(text)))
  );
}

/** `[Ee]` */
function hasLetterInBothCases(text: string): boolean {
  return [...text.matchAll(/\[(\p{L})(\p{L})\]/gu)].some(
    ([, one = '', other = '']) => one !== other && one.toLowerCase() === other.toLowerCase(),
  );
}

/** The parts of a text between each `|` outside of brackets and parentheses. */
function splitAtBars(text: string): string[] {
  const blot = (inner: string): string => 'x'.repeat(inner.length);
  let outside = text.replace(/\\./gs, blot).replace(/\[[^\]]*\]/g, blot);
  for (let before = ''; before !== outside; ) {
    before = outside;
    outside = outside.replace(/\([^()]*\)/g, blot);
  }
  let from = 0;
  return outside.split('|').map(({ length }) => {
    const part = text.slice(from, from + length);
    from += length + 1;
    return part;
  });
}
