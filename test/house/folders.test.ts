/** Which folder may import which: see "The house" in CONTRIBUTING.md. */
import { dirname } from 'node:path';
import { test } from 'node:test';
import { type Allowed, assertNone, sourcesIn } from './source.ts';

const sources = sourcesIn('src');

/** A folder and those around it, up to src: a file in `src/rig/life` is also one of `src/rig`. */
function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== 'src' && folder !== '.'; folder = dirname(folder)) folders.push(folder);
  return folders;
}

const isInside = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);

/** For each folder that imports another one, `A -> B`, an example. The files in src itself are in no folder. */
function importsBetweenFolders(): Map<string, string> {
  const found = new Map<string, string>();
  for (const { path, imports } of sources)
    for (const target of imports)
      for (const from of foldersOf(path))
        for (const to of foldersOf(target))
          if (!isInside(from, to) && !isInside(to, from)) found.set(`${from} -> ${to}`, `${path} imports ${target}`);
  return found;
}

const circles: Allowed = {
  'src/actions <-> src/rig': 'the engine imports the table of actions: it is to be handed to it',
  'src/monitors <-> src/rig': 'the engine imports the table of monitors: it is to be handed to it',
  'src/rig/archive <-> src/rig/collect': 'the manifest takes its types from the running of actions',
  'src/rig/archive <-> src/rig/records': 'the spec names the kinds of compression',
};

test('no two folders import each other', () => {
  const found = importsBetweenFolders();
  const pairs: string[] = [];
  for (const edge of found.keys()) {
    const [from, to] = edge.split(' -> ') as [string, string];
    if (from < to && found.has(`${to} -> ${from}`)) pairs.push(`${from} <-> ${to}`);
  }
  const exampleOf = (pair: string): string => {
    const [from, to] = pair.split(' <-> ');
    return `${found.get(`${from} -> ${to}`)}, and ${found.get(`${to} -> ${from}`)}`;
  };
  const help = 'move what both need into one of them, or into a folder that imports neither';
  const added = pairs.filter((pair) => !(pair in circles));
  assertNone(pairs, circles, [help, ...added.map(exampleOf)].join('\n  '));
});

/** A package that only one folder may import, because the rest has something better. */
const packages: [name: string, folder: string, instead: string][] = [
  ['execa', 'src/host', 'use what src/host/programs.ts offers'],
  ['minimist', 'src/options', 'use what src/options/parse.ts offers'],
];

for (const [name, folder, instead] of packages)
  test(`only ${folder} imports ${name}`, () => {
    const importers = sources.filter(({ path, imports }) => imports.includes(name) && !isInside(path, folder));
    assertNone(
      importers.map(({ path }) => path),
      {},
      `only ${folder} may import ${name}: ${instead}`,
    );
  });
