/** The pages of the documentation, and the commands in them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** From the root of the repository: `docs/guide.md`. */
  path: string;
  text: string;
}

export interface Command {
  /** Where it stands: `docs/guide.md:12`. */
  place: string;
  /** As it is typed into a shell, without the remark behind it. */
  text: string;
  /** The exit code that the page promises: `# refused: exit code 2`. */
  code: number;
}

/** README.md and everything below docs/. */
export const pages: Page[] = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()].map((path) => ({
  path,
  text: readFileSync(join(root, path), 'utf8'),
}));

/** A block between two fences, with the line that it begins at, counted from 1. */
interface Block {
  language: string;
  line: number;
  lines: string[];
}

export function findBlocks({ text }: Page): Block[] {
  const blocks: Block[] = [];
  let isOpen = false;
  for (const [index, line] of text.split('\n').entries()) {
    const language = /^```(\w*)$/.exec(line)?.[1];
    if (language === undefined) {
      if (isOpen) blocks.at(-1)?.lines.push(line);
      continue;
    }
    isOpen = !isOpen;
    if (isOpen) blocks.push({ language, line: index + 2, lines: [] });
  }
  return blocks;
}

function readCommand(page: Page, line: number, typed: string): Command {
  const [, text = '', remark = ''] = /^(.*?)(\s+# .*)?$/.exec(typed) ?? [];
  return { place: `${page.path}:${line}`, text, code: Number(/\bexit code (\d+)/.exec(remark)?.[1] ?? 0) };
}

/** The commands in the `sh` blocks of a page: every line is one. */
export function findCommands(page: Page): Command[] {
  return findBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ line, lines }) => lines.map((text, index) => readCommand(page, line + index, text)));
}

/** A `console` block: what follows a `$` is typed into one shell, and the other lines are what that prints. */
export interface Session {
  place: string;
  script: string;
  printed: string[];
}

export function findSessions(page: Page): Session[] {
  return findBlocks(page)
    .filter(({ language }) => language === 'console')
    .map(({ line, lines }) => ({
      place: `${page.path}:${line}`,
      script: lines.flatMap((text) => (text.startsWith('$ ') ? [text.slice(2)] : [])).join('\n'),
      printed: lines.filter((text) => !text.startsWith('$ ')),
    }));
}

/** Commands in the middle of a sentence: `rig list`. Where they say ID it is that of the rig `web`. */
export function findInlineCommands(page: Page): Command[] {
  const lines = page.text.split('\n');
  return lines.flatMap((line, index) =>
    [...line.matchAll(/`(rig [^`]+)`/g)].map(([, text = '']) =>
      readCommand(page, index + 1, text.replace(/\bID\b/, 'web')),
    ),
  );
}
