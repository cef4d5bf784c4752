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

const longFiles: Allowed = {
  'src/monitors/logs/files/followed-file.ts': 'one class that is too long',
  'src/monitors/logs/files/open-files.ts': 'one class that is too long',
  'src/monitors/logs/files/watched-path.ts': 'names, links, rotation, copies and unpacking',
  'src/monitors/logs/journal/native/native-source.ts': 'one class that is too long',
  'src/monitors/logs/matching/byte-expression.ts': 'one class that is too long',
  'src/rig/life/life.ts': 'one class that is too long',
  'src/rig/registry/registry.ts': 'the folder of a rig, cleaning it, and the records',
};

test('no file is longer than 300 lines', () => {
  const found = sources.filter(({ lines }) => lines.length > 300).map(({ path }) => path);
  assertNone(found, longFiles, 'more than 300 lines: a file is one idea, so split it by its ideas');
});

const longClasses: Allowed = {
  'FileSource in src/monitors/logs/files/file-source.ts': 'finds, opens and follows files',
  'FollowedFile in src/monitors/logs/files/followed-file.ts': 'reads, cuts into lines, and keeps books',
  'JournalctlSource in src/monitors/logs/journal/journalctl/journalctl-source.ts':
    'runs journalctl and watches over it',
  'LiveRig in src/rig/life/life.ts': 'a state of ten flags',
  'NativeSource in src/monitors/logs/journal/native/native-source.ts': 'many changing fields',
  'OpenFiles in src/monitors/logs/files/open-files.ts': 'many changing fields',
  'Walker in src/monitors/logs/matching/byte-expression.ts': 'one method for each kind of node',
  'WatchedPath in src/monitors/logs/files/watched-path.ts': 'names, links, rotation and copies',
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
