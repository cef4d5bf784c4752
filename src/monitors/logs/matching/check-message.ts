/** `--message` and the like, checked while the user is still there. */
import { messageOf, UsageError } from '../../../errors.ts';
import { isWindowsPath, looksLikeExpression } from './looks-like-expression.ts';
import type { MessageOptions } from './matcher.ts';
import { compileMatcher, special } from './matcher.ts';
import { NotLinear } from './pieces.ts';

/** The letters that have a meaning behind a backslash. */
const knownEscape = /[bBdDwWsStnvfrcxuk]/;
/** What these mean to grep(1), and how it is written here. */
const grepEscapes: Record<string, string> = {
  '\\<': '\\b is the edge of a word',
  '\\>': '\\b is the edge of a word',
  '\\|': 'alternatives are written a|b',
  '\\(': 'a group is written (ab)',
  '\\{': 'repetition is written a{3}',
};

/**
 * Checks what the user asked for, and says how a text with special characters is read. `(?i)` at the beginning becomes
 * `ignoreCase`. Throws UsageError.
 */
export function checkMessage(
  options: MessageOptions,
  remark: (text: string) => void,
  option = 'message',
): MessageOptions {
  const { text, mode } = options;
  if (/[\n\0]/.test(text)) throw new UsageError(`--${option}: a line never contains a line break or a NUL byte`);
  if (mode === 'plain' || !special.test(text)) return options;
  const read = mode === 'expression' ? readExpression(options, option) : readEither(options, option, remark);
  for (const meaning of unknownEscapes(options)) remark(`--${option}: as an expression ${meaning}`);
  return read;
}

function readExpression(options: MessageOptions, option: string): MessageOptions {
  const read = takeCaseFlag(options);
  const reason = reasonAgainst(read);
  if (reason === undefined) return read;
  const what = reason.isNotLinear ? 'cannot be run in linear time' : 'is not a regular expression';
  throw new UsageError(`--${option}: ${JSON.stringify(options.text)} ${what}: ${reason.words}`);
}

/** A text that looks like an expression is taken for both: either may match. */
function readEither(options: MessageOptions, option: string, remark: (text: string) => void): MessageOptions {
  const plain: MessageOptions = { ...options, mode: 'plain' };
  if (!looksLikeExpression(options.text)) {
    remark(`--${option} is read as plain text; -E takes it as a regular expression`);
    return plain;
  }
  const read = takeCaseFlag(options);
  const reason = reasonAgainst(read);
  if (reason) {
    const what = reason.isNotLinear ? 'no expression that rig runs' : 'no regular expression';
    remark(`--${option} is ${what} (${reason.words}) and is read as plain text`);
    return plain;
  }
  if (compileMatcher({ ...read, mode: 'expression' }).test(Buffer.alloc(0))) {
    remark(`--${option} is read as plain text: as a regular expression (-E) it would match an empty line`);
    return plain;
  }
  remark(
    `--${option} is read as plain text and as a regular expression, and either may match; -F takes it as text only`,
  );
  return read;
}

function takeCaseFlag(options: MessageOptions): MessageOptions {
  const text = /^\(\?i\)(.+)$/s.exec(options.text)?.[1];
  return text === undefined ? options : { ...options, text, ignoreCase: true };
}

/** Why a text cannot be used as an expression; undefined if it can. */
function reasonAgainst(options: MessageOptions): { words: string; isNotLinear: boolean } | undefined {
  try {
    // The test makes V8 compile every form.
    compileMatcher(options).test(Buffer.alloc(0));
    return undefined;
  } catch (error) {
    // Without what V8 says first: "Invalid regular expression: /a(/: Unterminated group".
    const words = messageOf(error).replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, '');
    return { words, isNotLinear: error instanceof NotLinear };
  }
}

/** Escapes that mean something to other engines and here the character itself: `\p` of PCRE, `\<` and `\|` of grep. */
function unknownEscapes({ text, mode }: MessageOptions): string[] {
  if (mode === 'either' && isWindowsPath(text)) return [];
  return [...new Set(text.match(/\\./gs))].flatMap((typed) => {
    const itself = typed.slice(1);
    const hint = grepEscapes[typed];
    if (hint !== undefined) return [`${typed} means ${itself}: ${hint}`];
    return /[a-z]/i.test(itself) && !knownEscape.test(itself) ? [`${typed} means ${itself}`] : [];
  });
}
