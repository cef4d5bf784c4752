import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findBlocks, pages } from './pages.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the README has fewer than 130 lines', () => {
  assert.ok(read('README.md').trimEnd().split('\n').length < 130);
});

test('the README names the two commands that do all the set-up, and they exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const name of ['start', 'test']) {
    assert.match(read('README.md'), new RegExp(`^npm ${name}\\b`, 'm'));
    assert.ok(scripts[name]);
  }
});

test('every block of code says whether it is typed (sh), a session (console) or only shown (text)', () => {
  for (const page of pages) {
    for (const { language, line } of findBlocks(page))
      assert.ok(
        ['sh', 'console', 'text'].includes(language),
        `${page.path}:${line - 1}: a block of ${language || 'what?'}`,
      );
    assert.doesNotMatch(
      page.text,
      /^ {4}\$? ?rig /m,
      `${page.path}: a command in an indented block would not be tested`,
    );
  }
});

test('every link in the documentation leads to a file of the repository', () => {
  const other = ['CONTRIBUTING.md', 'CHANGELOG.md'].map((path) => ({ path, text: read(path) }));
  for (const { path, text } of [...pages, ...other])
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(join(root, dirname(path), target)), `${path}: ${target}`);
});

test('every page is reached from the README', () => {
  const linked = [...read('README.md').matchAll(/\]\((docs\/[^)#]+)/g)].map(([, target]) => target);
  assert.deepEqual(
    pages.map(({ path }) => path).filter((path) => path !== 'README.md' && !linked.includes(path)),
    [],
  );
});
