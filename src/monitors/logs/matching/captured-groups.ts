/** What the groups of `--message` captured in the line that triggered. */
import type { MessageOptions } from './matcher.ts';
import { compileGroups, linesOf } from './matcher.ts';

/** By number and, where they have one, by name; null for a group that took no part. Nothing when there are no groups. */
export function capturedGroups(options: MessageOptions, line: string): { groups?: { [name: string]: string | null } } {
  if (options.mode === 'plain' || !options.text.includes('(')) return {};
  const found = firstMatch(options, line);
  if (!found) return {};
  const numbered = found.slice(1).map((value, index) => [String(index + 1), value ?? null]);
  const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, value ?? null]);
  const groups = Object.fromEntries([...numbered, ...named]);
  return Object.keys(groups).length > 0 ? { groups } : {};
}

/** Undefined where only the plain text was found. */
function firstMatch(options: MessageOptions, line: string): RegExpExecArray | undefined {
  const expression = compileGroups(options);
  for (const each of linesOf(Buffer.from(line))) {
    const found = expression.exec(each);
    if (found) return found;
  }
  return undefined;
}
