/**
 * Splits a command into words as sh(1) would, without a shell. No library does it: shell-quote takes `a#b` for a comment and
 * accepts an open quote, shlex reads `"\$"` unlike a shell, and neither refuses what needs a shell.
 */
import { messageOf, UsageError } from '../errors.ts';

/** Matches the pieces of a command: blanks, an escaped character, something quoted, or a single character. */
const pieces = /(?<blanks>[ \t]+)|\\(?<escaped>.)|'(?<single>[^']*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<bare>.)/gs;

/** What means something to a shell outside quotes; `~` and `#` do so only at the start of a word. */
const operators = '$`;&|<>()*?[\n';
const atWordStart = '~#';

/** Throws the error for something that only a shell can do. */
function refuse(what: string, instead: string): never {
  throw new Error(
    `${JSON.stringify(what)} means something to a shell, and none is used: put it in single quotes, or ${instead}`,
  );
}

/** The text of something in double quotes: a backslash escapes only $ ` " \ and a line end, POSIX 2.2.3. */
function unquoteDouble(text: string, instead: string): string {
  const active = text.replace(/\\./gs, '').match(/[$`]/)?.[0];
  if (active !== undefined) refuse(active, instead);
  return text.replace(/\\([$`"\\])/g, '$1').replaceAll('\\\n', '');
}

/**
 * The program and the arguments that the value of an option names. Throws a UsageError for a quote that is not closed, and for
 * what only a shell can do; `instead` tells the user how to get a shell.
 */
export function splitCommand(option: string, command: string, instead: string): { name: string; args: string[] } {
  try {
    const [name, ...args] = splitWords(command, instead);
    if (name) return { name, args };
    throw new Error('names no program');
  } catch (error) {
    throw new UsageError(`${option}: ${messageOf(error)}`, { cause: error });
  }
}

function splitWords(command: string, instead: string): string[] {
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
