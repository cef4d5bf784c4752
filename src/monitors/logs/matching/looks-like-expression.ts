/** Tells an expression from pasted text, by signs that log lines do not have by chance. */

const quantifier = String.raw`(?:[*+?]|\{\d+(?:,\d*)?\})`;

/** One of these makes a text an expression. */
const signs: readonly RegExp[] = [
  // (?i) at the beginning
  /^\(\?i\)/,
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
  const bars = barsOutside(text);
  // The columns of a pasted line. As an expression, each of them would do.
  if (bars.some(({ besideBlank }) => besideBlank)) return false;
  return (
    bars.length === 1 ||
    signs.some((sign) => sign.test(text)) ||
    hasLetterInBothCases(text) ||
    (!isWindowsPath(text) && backslashSigns.some((sign) => sign.test(text)))
  );
}

/** Whether a text has a path of Windows in it, where a backslash is itself. */
export function isWindowsPath(text: string): boolean {
  return /(?:^|[^A-Za-z])[A-Za-z]:\\|(?:^|[\s"'(=])\\\\\w/.test(text);
}

/** `[Ee]` */
function hasLetterInBothCases(text: string): boolean {
  return [...text.matchAll(/\[(\p{L})(\p{L})\]/gu)].some(
    ([, one = '', other = '']) => one !== other && one.toLowerCase() === other.toLowerCase(),
  );
}

/** The `|` outside of brackets and parentheses. */
function barsOutside(text: string): { besideBlank: boolean }[] {
  let outside = text.replace(/\\./gs, 'x').replace(/\[[^\]]*\]/g, 'x');
  for (let before = ''; before !== outside; ) {
    before = outside;
    outside = outside.replace(/\([^()]*\)/g, 'x');
  }
  return [...outside.matchAll(/\|/g)].map(({ index }) => ({
    besideBlank: /\s/.test(outside.slice(Math.max(0, index - 1), index + 2)),
  }));
}
