/** Where things are found: a plugin in the table, a test beside what it tests, a tier in a file's name. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { actions } from '../../src/actions/index.ts';
import { monitors } from '../../src/monitors/index.ts';
import { assertNone, root, type Source, sourcesIn } from './source.ts';

for (const [folder, table] of [
  ['src/monitors', monitors],
  ['src/actions', actions],
] as const)
  test(`the table in ${folder}/index.ts holds every file and folder beside it, under its own name`, () => {
    const beside = readdirSync(join(root, folder)).filter((name) => name !== 'index.ts');
    const names = table.map(({ name }) => name).sort();
    const help = `${folder}/index.ts: add the missing line, or give the plugin and its file the same name`;
    assert.deepEqual(names, beside.map((name) => name.replace(/\.ts$/, '')).sort(), help);
  });

const tests = sourcesIn('test');
const testFiles = tests.filter(({ path }) => path.endsWith('.test.ts'));
const elsewhere = ['test/support', 'test/house', 'test/docs', 'test/build'];

test('test/ mirrors src/: the folder of each test file exists there too', () => {
  const isElsewhere = (folder: string) => elsewhere.some((each) => folder === each || folder.startsWith(`${each}/`));
  const lost = testFiles.filter(
    ({ folder }) => !isElsewhere(folder) && !existsSync(join(root, folder.replace(/^test/, 'src'))),
  );
  assertNone(
    lost.map(({ path }) => path),
    {},
    'no such folder in src: move the test to the folder that mirrors that of what it tests',
  );
});

/** All files of test/ that a file imports, directly or through others. */
function reach({ imports }: Source, found = new Set<string>()): Set<string> {
  for (const next of tests.filter(({ path }) => imports.includes(path) && !found.has(path))) {
    found.add(next.path);
    reach(next, found);
  }
  return found;
}

test('a test of the fast tier starts no host: that needs root', () => {
  const fast = testFiles.filter(({ path }) => !/\.(system|long)\.test\.ts$/.test(path));
  const needRoot = fast.filter((source) => reach(source).has('test/support/init.ts'));
  assertNone(
    needRoot.map(({ path }) => path),
    {},
    'needs root: call it NAME.system.test.ts',
  );
});
