/** Words for a shell. */
import { controls } from './text.ts';

/** Characters that mean nothing to any shell. */
const plain = /^[\w@%+=:,./-]+$/;
const escapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
const bytesOf = (character: string): string =>
  escapes[character] ?? [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/**
 * One argument as it can be pasted into a shell: as it is, or in quotes if it needs them. Control characters would act on the
 * terminal, so they are escapes in $'...', which bash, zsh and ksh read (bash(1), QUOTING).
 */
function quoteWord(word: string): string {
  if (plain.test(word)) return word;
  if (word.search(controls) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  // bash reads at most two digits after \x, so a digit may follow.
  return `$'${word.replaceAll(/['\\]/g, '\\$&').replaceAll(controls, bytesOf)}'`;
}

/** A whole command line that can be pasted into a shell. */
export const quoteWords = (words: string[]): string => words.map(quoteWord).join(' ');
