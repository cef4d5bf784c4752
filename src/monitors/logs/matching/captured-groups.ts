/** What the groups of `--message` captured in the line that triggered. */
import { toByteExpression } from './byte-expression.ts';
import type { MessageOptions } from './matcher.ts';
import { withoutColours } from './readable.ts';
import { linearExpression } from './searcher.ts';

/**
 * The captured texts by number, and by name where a group has one; null for a group that took no part. Nothing when the message
 * has no groups, or only its plain text was found.
 */
export type CapturedGroups = { groups?: { [name: string]: string | null } };

/**
 * Makes the function that says what the groups captured in a line or a journal entry. An entry may have several lines: the first
 * that matches counts.
 */
export function compileGroups({ text, mode, ignoreCase }: MessageOptions): (entry: string) => CapturedGroups {
  if (mode === 'plain' || !text.includes('(')) return () => ({});
  const expression = linearExpression(toByteExpression(text, ignoreCase).text);
  return (entry) => {
    for (const ended of entry.split('\n')) {
      const line = ended.replace(/\r$/, '');
      const found = expression.exec(line) ?? expression.exec(withoutColours(line));
      if (found) return groupsOf(found);
    }
    return {};
  };
}

function groupsOf(found: RegExpExecArray): CapturedGroups {
  const numbered = found.slice(1).map((value, index) => [String(index + 1), value ?? null]);
  if (numbered.length === 0) return {};
  const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, value ?? null]);
  return { groups: Object.fromEntries([...numbered, ...named]) };
}
