/**
 * The words of a command as sh(1) would split it, without a shell. A library would be of little help: shell-quote takes
 * `a#b` for a comment and an open quote for none, shlex reads `"\$"` otherwise than a shell; and neither says what is to be
 * refused.
 */

/** One piece after the other: blanks, an escaped character, something quoted, or a single character. */
const pieces = /(?<blanks>[ \t]+)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<bare>.)/gs;

/** What a shell would act on, outside of quotes; the last two where a word begins. */
const operators = '$`;&|<>()*?[\n';
const atWordStart = '~#';

/** Throws where a shell would put something in the place of the text. */
function refuse(what: string, instead: string): never {
  throw new Error(
    `${JSON.stringify(what)} means something to a shell, and none is used: put it in single quotes, or ${instead}`,
  );
}

/** What stands in double quotes: a backslash escapes $ ` " \ and a line end only, POSIX 2.2.3. */
function unquoteDouble(text: string, instead: string): string {
  const active = text.replace(/\\./gs, '').match(/[$`]/)?.[0];
  if (active !== undefined) refuse(active, instead);
  return text.replace(/\\([$`"\\])/g, '$1').replaceAll('\\\n', '');
}

/**
 * Splits a command into its words. Throws an Error that says what is wrong with it: a quote that is not closed, something that
 * only a shell could do; `instead` is how the user gets one.
 */
export function splitWords(command: string, instead: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const { groups = {} } of command.trim().matchAll(pieces)) {
    const { blanks, escaped, single, double, bare } = groups;
    if (blanks !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (bare === "'" || bare === '"') throw new Error(`a ${bare} is not closed in ${JSON.stringify(command)}`);
    if (bare === '\\') throw new Error('ends with a backslash');
    if (bare !== undefined && (operators.includes(bare) || (word === undefined && atWordStart.includes(bare))))
      refuse(bare, instead);
    // A backslash before a line end continues the line.
    const text = escaped === '\n' ? '' : (escaped ?? single ?? bare);
    word = `${word ?? ''}${text ?? unquoteDouble(double ?? '', instead)}`;
  }
  if (word !== undefined) words.push(word);
  return words;
}
