/** What the groups of `--message` captured in the line that triggered. */
import { runInNewContext } from 'node:vm';
import type { MessageOptions } from './matcher.ts';

/** A line that was found in linear time may still take long to be captured from: then the groups are left out. */
const withinMs = 200;

/** By number and, where they have one, by name; null for a group that took no part. Nothing when there are no groups. */
export function capturedGroups(
  { text, mode, ignoreCase }: MessageOptions,
  line: string,
): { groups?: { [name: string]: string | null } } {
  if (mode === 'plain' || !text.includes('(')) return {};
  try {
    const found: RegExpExecArray | null = runInNewContext(
      // By whole characters first, as the line was found; much that is common is no expression then (`\\-`).
      'try { expression = new RegExp(text, flags + "u") } catch { expression = new RegExp(text, flags) } expression.exec(line)',
      { text, flags: ignoreCase ? 'im' : 'm', line, expression: undefined },
      { timeout: withinMs },
    );
    if (!found) return {};
    const numbered = found.slice(1).map((value, index) => [String(index + 1), value ?? null]);
    const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, value ?? null]);
    const groups = Object.fromEntries([...numbered, ...named]);
    return Object.keys(groups).length > 0 ? { groups } : {};
  } catch {
    // No expression, only plain text, or one that takes too long on this line: the line itself is in the manifest.
    return {};
  }
}
