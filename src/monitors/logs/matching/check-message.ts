/** `--message` and the like, checked while the user is still there. */
import { messageOf, UsageError } from '../../../errors.ts';
import type { MessageOptions } from './matcher.ts';
import { compileMatcher } from './matcher.ts';
import { NotLinear } from './pieces.ts';

/** The letters that have a meaning behind a backslash. */
const knownEscape = /[bBdDwWsStnvfrcxuk]/;

/**
 * Checks what the user asked for, and gives remarks on what works otherwise than it may seem. `(?i)` at the beginning becomes
 * `ignoreCase`. Throws UsageError.
 */
export function checkMessage(
  options: MessageOptions,
  remark: (text: string) => void,
  option = 'message',
): MessageOptions {
  if (/[\n\0]/.test(options.text))
    throw new UsageError(`--${option}: a line never contains a line break or a NUL byte`);
  if (options.mode === 'plain') return options;
  const { mode } = options;
  const read = takeCaseFlag(options);
  try {
    // The test makes V8 compile every form.
    compileMatcher(read).test(Buffer.alloc(0));
    for (const meaning of unknownEscapes(read)) remark(`--${option}: as an expression ${meaning}`);
    return read;
  } catch (error) {
    const reason = reasonOf(error);
    const isNotLinear = error instanceof NotLinear;
    if (mode === 'either') {
      const what = isNotLinear ? 'no expression that rig runs' : 'no regular expression';
      remark(`--${option} is ${what} (${reason}) and is searched for as plain text`);
      return { ...options, mode: 'plain' };
    }
    const what = isNotLinear ? 'cannot be run in linear time' : 'is not a regular expression';
    throw new UsageError(`--${option}: ${JSON.stringify(options.text)} ${what}: ${reason}`, { cause: error });
  }
}

function takeCaseFlag(options: MessageOptions): MessageOptions {
  const text = /^\(\?i\)(.+)$/s.exec(options.text)?.[1];
  return text === undefined ? options : { ...options, text, ignoreCase: true };
}

/** Without what V8 says first: "Invalid regular expression: /a(/: Unterminated group". */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/^Invalid regular expression: \/.*\/[a-z]*: /s, '');
}

/** Escapes that mean something to other engines and here the character itself: `\<` of grep, `\p` of PCRE. */
function unknownEscapes({ text, mode }: MessageOptions): string[] {
  const escapes = new Set(text.match(/\\./gs));
  const edges = ['\\<', '\\>'].filter((each) => escapes.has(each));
  // A pasted path of Windows is no expression.
  const letters =
    mode === 'either' ? [] : [...escapes].filter((each) => /[a-z]/i.test(each) && !knownEscape.test(each));
  return [
    ...letters.map((each) => `${each} means ${each.slice(1)}`),
    ...edges.map((each) => `${each} means ${each.slice(1)}: \\b is the edge of a word`),
  ];
}
