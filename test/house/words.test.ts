/** What only one place in src may say or do. */
import { test } from 'node:test';
import { type Allowed, assertNone, sourcesIn } from './source.ts';

const sources = sourcesIn('src');

const whose = (pattern: RegExp, isExempt: (path: string) => boolean): string[] =>
  sources.filter(({ path, code }) => !isExempt(path) && pattern.test(code)).map(({ path }) => path);

const readersOfProc: Allowed = {
  'src/actions/gcore/targets.ts': 'an error names the file',
  'src/monitors/logs/files/compressed-file.ts': 'reads what a descriptor has open',
  'src/monitors/logs/files/followed-file.ts': 'reads what a descriptor has open',
  'src/monitors/logs/files/watched-path.ts': 'reads what a descriptor has open',
  'src/rig/registry/registry.ts': 'reads what a descriptor has open',
};

test('only src/host reads /proc', () => {
  const found = whose(/\/proc\b/, (path) => path.startsWith('src/host/'));
  assertNone(found, readersOfProc, 'only src/host reads /proc: give it a function that says what you want to know');
});

const speakers: Allowed = {
  'src/commands/command.ts':
    'says on stderr what a command has to say beside its output; and a failure for each of several rigs',
  'src/commands/create.ts': 'remarks on what it is asked for, on stderr',
  'src/rig/daemon/daemon.ts': 'tells its starter through a pipe why it could not arm',
  'src/rig/life/life.ts': 'logs a bug with its stack: a daemon has no terminal',
};

test('only main.ts turns a failure into words and an exit code', () => {
  const pattern = /\bconsole\.|\bprocess\.(stderr|exit|exitCode|abort)\b|\.stack\b/;
  const found = whose(pattern, (path) => path === 'src/main.ts');
  assertNone(
    found,
    speakers,
    'only src/main.ts prints a failure and ends the process: throw a RigError or a UsageError',
  );
});
