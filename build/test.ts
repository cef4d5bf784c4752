/**
 * `npm test`: every check, cheapest first, ended by the first that fails. `npm test -- WORD... OPTION...` runs the test files
 * whose path contains one of the words, and hands options such as --test-name-pattern=... to node:test.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.ts';

const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-'));

/** A check that did not hold; its own output has said why. */
class CheckFailed extends Error {
  exitCode: number;
  constructor(exitCode: number) {
    super();
    this.exitCode = exitCode;
  }
}

/** Runs a check; a signal that comes to us alone goes on to it, so that no test run is left behind without a parent. */
async function run(file: string, ...rest: string[]): Promise<void> {
  const child = spawn(file, rest, { cwd: root, stdio: 'inherit' });
  const relay = (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); // a terminal sends Ctrl-C to both of us
  };
  const relayed: NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGTERM'];
  for (const signal of relayed) process.on(signal, relay);
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  for (const name of relayed) process.off(name, relay);
  if (status !== 0) throw new CheckFailed(status ?? 128 + (signal ? constants.signals[signal] : 0));
}

const tool = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Installs what the tests need from the distribution; test/support decides what that is. */
async function setUpHost(): Promise<void> {
  const path = join(root, 'test', 'support', 'setup.ts');
  if (!existsSync(path)) return;
  const { setUp } = await import(path);
  await setUp();
}

/** Tests of pure code first: they are over at once, and what they find explains failures of the rest. */
function findTestFiles(): string[] {
  const isSystem = (file: string): boolean => file.endsWith('.system.test.ts');
  const found = globSync('test/**/*.test.ts', { cwd: root }).sort();
  const all = [...found.filter((file) => !isSystem(file)), ...found.filter(isSystem)];
  const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)));
  if (files.length === 0)
    throw new Error(`no test file${words.length === 0 ? '' : ` has ${words.join(' or ')} in its path`}`);
  return files;
}

/** A test file that hangs fails, and does not hold up the run for ever. */
const fileTimeout = '--test-timeout=300000';

/** Two files at once: the integration tests wait for other programs most of the time, and the smallest machine has two cores. */
async function runTests(): Promise<void> {
  await run(
    process.execPath,
    '--test',
    '--test-reporter=spec',
    '--test-concurrency=2',
    fileTimeout,
    ...options,
    ...findTestFiles(),
  );
}

const checks: [name: string, check: () => Promise<void>][] = [
  ['types', () => run(tool('tsc'), '--noEmit')],
  ['lint', () => run(tool('biome'), 'check')],
  ['set-up', setUpHost],
  ['build', () => run(process.execPath, join(root, 'build', 'build.ts'))],
  ['tests', runTests],
];

for (const [name, check] of checks) {
  process.stdout.write(`# ${name}\n`);
  try {
    await check();
  } catch (error) {
    if (!(error instanceof CheckFailed)) process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    // After failed tests, node:test's own summary stays the last word.
    if (name !== 'tests' || !(error instanceof CheckFailed)) process.stderr.write(`\nnpm test: ${name} failed\n`);
    process.exit(error instanceof CheckFailed ? error.exitCode : 1);
  }
}
