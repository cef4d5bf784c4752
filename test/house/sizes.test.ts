/** How long a file and a class may be. */
import { test } from 'node:test';
import { type Allowed, assertNone, type Source, sourcesIn } from './source.ts';

const sources = sourcesIn('src');

/** The classes of a file with their lines; the formatter puts the end of one that is exported or on its own in column 1. */
function classesOf({ path, lines }: Source): { name: string; lines: number }[] {
  return lines.flatMap((line, first) => {
    const name = /^(?:export )?(?:abstract )?class (\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const last = line.endsWith('}') ? first : lines.findIndex((each, number) => number > first && each === '}');
    return [{ name: `${name} in ${path}`, lines: last - first + 1 }];
  });
}

const longFiles: Allowed = {};

test('no file is longer than 300 lines', () => {
  const found = sources.filter(({ lines }) => lines.length > 300).map(({ path }) => path);
  assertNone(found, longFiles, 'more than 300 lines: a file is one idea, so split it by its ideas');
});

const longClasses: Allowed = {
  'LiveRig in src/rig/life/live-rig.ts': 'one rig from its arming to its end',
};

test('no class is longer than 200 lines', () => {
  const found = sources.flatMap(classesOf).filter(({ lines }) => lines > 200);
  const help =
    'more than 200 lines: make its state one value, and what works on that functions or classes of their own';
  assertNone(
    found.map(({ name }) => name),
    longClasses,
    help,
  );
});
