/** Patterns as fnmatch(3) reads them with FNM_NOESCAPE: `*`, `?`, `[a-z]`, `[!a-z]`. A backslash stands for itself. */
import { RigError } from '../../../../errors.ts';

/** Whether a text is a pattern. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/**
 * Compiles a pattern to a test of whole texts, which takes no longer than the product of the two lengths. Throws a RigError
 * for a pattern with a class such as [:alpha:].
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const [first, ...others] = partsOf(pattern);
  const last = others.pop();
  // The first place where a part fits is always good enough. So each is an atomic group, (?=(...))\1, which is not tried again.
  const middle = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`).join('');
  const expression = new RegExp(last === undefined ? `^${first}$` : `^${first}${middle}.*${last}$`, 'su');
  return (text) => expression.test(text);
}

/** Asterisks; a set, in which a first `]` is a member; any other character, a `[` that nothing closes among them. */
const tokens = /(?<star>\*+)|\[(?:(?<not>[!^])|(?![!^]))(?<set>\][^\]]*|[^\]]+)\]|(?<other>.)/gsu;

/** The expressions for what stands between the asterisks. */
function partsOf(pattern: string): string[] {
  const parts = [''];
  for (const { groups = {} } of pattern.matchAll(tokens)) {
    const { star, not, set, other } = groups;
    if (star !== undefined) parts.push('');
    else parts[parts.length - 1] += set === undefined ? (other === '?' ? '.' : quote(other)) : setOf(not, set, pattern);
  }
  return parts;
}

function setOf(not: string | undefined, members: string, pattern: string): string {
  if (members.includes('[:')) throw new RigError(`${pattern}: classes such as [:alpha:] are not supported`);
  const parts = [...members.matchAll(/(.)-(.)|./gsu)].map(([one, from, to]) => {
    if (from === undefined || to === undefined) return quote(one);
    // A range that goes backward has no members.
    return from <= to ? `${quote(from)}-${quote(to)}` : '';
  });
  return `[${not === undefined ? '' : '^'}${parts.join('')}]`;
}

function quote(character = ''): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/u, (special) => (special === '-' ? '\\x2d' : `\\${special}`));
}
