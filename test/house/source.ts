/** The sources of rig as text, for the tests of the rules of the house. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** From the root of the repository: `src/host/clock.ts`. */
  path: string;
  folder: string;
  lines: string[];
  /** The lines without comments. */
  code: string;
  /** What it imports, types too: packages by name, files of rig by path. */
  imports: string[];
}

/** Every TypeScript file below a folder of the repository. */
export function sourcesIn(folder: string): Source[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root }).sort().map(readSource);
}

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  const lines = text.trimEnd().split('\n');
  const folder = dirname(path);
  // The formatter gives a comment its own lines, or puts it behind the code after a blank.
  const code = lines
    .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
    .map((line) => line.replace(/\s\/\/\s.*$/, ''))
    .join('\n');
  const names = Array.from(code.matchAll(/\b(?:from|import) ?\(?'([^']+)'/g), ([, name = '']) => name);
  const imports = names.map((name) => (name.startsWith('.') ? normalize(join(folder, name)) : name));
  return { path, folder, lines, code, imports };
}

/** What breaks a rule today, each with the reason. The list may become shorter, not longer. */
export type Allowed = Record<string, string>;

/**
 * Fails when something breaks a rule and is not on the list of what is allowed, and when something is on the list that breaks
 * the rule no longer. `help` says what to do about the first.
 */
export function assertNone(offenders: Iterable<string>, allowed: Allowed, help: string): void {
  const found = new Set(offenders);
  const added = [...found].filter((each) => !(each in allowed)).map((each) => `${each}: ${help}`);
  const mended = Object.keys(allowed).filter((each) => !found.has(each));
  const problems = [...added, ...mended.map((each) => `${each}: mended, so take it off the list in this test`)];
  assert.ok(problems.length === 0, `\n${problems.join('\n')}`);
}
