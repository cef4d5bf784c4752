/** How long a file and a class may be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNone, type Source, sourcesIn } from './source.ts';

const sources = sourcesIn('src');

/** What is too long today: how many lines it has, which may only become fewer, and why. */
type TooLong = Record<string, { lines: number; why: string }>;

/** Fails for what is longer than it may be, and for what is on the list and no longer too long. */
function assertShort(found: { name: string; lines: number }[], most: number, tooLong: TooLong, help: string): void {
  for (const { name, lines } of found) {
    const known = tooLong[name];
    if (known && lines > known.lines) assert.fail(`${name} grew from ${known.lines} to ${lines} lines. ${help}`);
  }
  const allowed = Object.fromEntries(Object.entries(tooLong).map(([name, { why }]) => [name, why]));
  const names = found.filter(({ lines }) => lines > most).map(({ name }) => name);
  assertNone(names, allowed, `More than ${most} lines. ${help}`);
}

/** The classes of a file with their lines; the formatter puts the end of one that is exported or on its own in column 1. */
function classesOf({ path, lines }: Source): { name: string; lines: number }[] {
  return lines.flatMap((line, first) => {
    const name = /^(?:export )?(?:abstract )?class (\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const last = line.endsWith('}') ? first : lines.findIndex((each, number) => number > first && each === '}');
    return [{ name: `${name} in ${path}`, lines: last - first + 1 }];
  });
}

const longFiles: TooLong = {
  'src/host/programs.ts': { lines: 325, why: 'finds, runs, detaches and guards programs' },
  'src/monitors/logs/files/followed-file.ts': { lines: 450, why: 'one class that is too long' },
  'src/monitors/logs/files/open-files.ts': { lines: 412, why: 'one class that is too long' },
  'src/monitors/logs/files/watched-path.ts': { lines: 481, why: 'names, links, rotation, copies and unpacking' },
  'src/monitors/logs/journal/native/native-source.ts': { lines: 398, why: 'one class that is too long' },
  'src/monitors/logs/matching/byte-expression.ts': { lines: 417, why: 'one class that is too long' },
  'src/rig/life/life.ts': { lines: 497, why: 'one class that is too long' },
  'src/rig/registry/registry.ts': { lines: 451, why: 'the folder of a rig, cleaning it, and the records' },
};

test('no file is longer than 300 lines', () => {
  const found = sources.map(({ path, lines }) => ({ name: path, lines: lines.length }));
  assertShort(found, 300, longFiles, 'A file is one idea: split it by its ideas.');
});

const longClasses: TooLong = {
  'FileSource in src/monitors/logs/files/file-source.ts': { lines: 249, why: 'finds, opens and follows files' },
  'FollowedFile in src/monitors/logs/files/followed-file.ts': {
    lines: 373,
    why: 'reads, cuts into lines, and keeps books',
  },
  'JournalctlSource in src/monitors/logs/journal/journalctl/journalctl-source.ts': {
    lines: 206,
    why: 'runs journalctl and watches over it',
  },
  'LiveRig in src/rig/life/life.ts': { lines: 365, why: 'a state of ten flags' },
  'NativeSource in src/monitors/logs/journal/native/native-source.ts': { lines: 349, why: 'many changing fields' },
  'OpenFiles in src/monitors/logs/files/open-files.ts': { lines: 367, why: 'many changing fields' },
  'Walker in src/monitors/logs/matching/byte-expression.ts': { lines: 243, why: 'one method for each kind of node' },
  'WatchedPath in src/monitors/logs/files/watched-path.ts': { lines: 367, why: 'names, links, rotation and copies' },
};

test('no class is longer than 200 lines', () => {
  const help = 'Make its state one value, and what works on that functions or classes of their own.';
  assertShort(sources.flatMap(classesOf), 200, longClasses, help);
});
