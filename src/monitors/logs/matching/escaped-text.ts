/**
 * A plain text as programs write it into a log: in JSON (RFC 8259, section 7) quotes, backslashes and more are escaped, again by
 * each program that packs the line into JSON, and where a terminal shows blanks there may be a tab.
 */
import { mark } from './marks.ts';

/** What JSON must escape, and what writers escape beside it: Go `<>&`, Gson `'=` too, .NET also `+` and the backtick, PHP `/`. */
const escapable = /["'`/<>&=+\u0080-\u{10ffff}]/u;
const parts = new RegExp(`([ \\t]+)|(\\\\+)|(${escapable.source})|[$^.*?()[\\]{}|]`, 'gu');
/** What a chunk has in which a text stands in another form than its own. */
export const escapeMarks = mark.backslash | mark.tab | mark.hash;
/** A tab: as it is, as syslog writes it, and in JSON. */
const tab = '(?:\\t|#011|\\\\+t)';

/**
 * The expression that finds a plain text as it is and in every escaped form; undefined where it has only its own form.
 */
export function escapedForms(text: string): string | undefined {
  if (!/[ \t\\]/.test(text) && !escapable.test(text)) return undefined;
  return text.replace(parts, (part, blanks?: string, backslashes?: string, character?: string) => {
    if (blanks) return `(?:${blanks}| *${tab}(?: |${tab})*)`;
    if (backslashes) return `${'\\\\'.repeat(backslashes.length)}+`;
    if (character) return `(?:${behindBackslashes(character)}|${byNumber(character)})`;
    return `\\${part}`;
  });
}

/** A character as it is, or where its escape is a backslash before it, behind any number of them. */
function behindBackslashes(character: string): string {
  if (/["'/]/.test(character)) return `\\\\*${character}`;
  return character === '+' ? '\\+' : character;
}

/** A character by its numbers in UTF-16: `\u003c`, in upper case, too. */
function byNumber(character: string): string {
  const units = Array.from(character.split(''), (unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return units.map((unit) => `\\\\+u${unit.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`).join('');
}
