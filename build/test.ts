/**
 * Three tiers of tests. Each is a list of checks, cheapest first, and the first that fails ends it.
 *
 *     npm run test:fast    types, lint, and NAME.test.ts: pure code, without root and without a build
 *     npm test             all that, the build, and NAME.system.test.ts: root, real programs, long waits
 *     npm run test:long    the build, NAME.long.test.ts, and every random test with many seeds
 *
 * `-- WORD... OPTION...` takes only the files whose path contains one of the words, and hands options such as
 * --test-name-pattern=... to node:test.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.ts';

type Kind = 'pure' | 'system' | 'long';

interface Tier {
  command: string;
  checks: (keyof typeof checks)[];
  files(): string[];
  /** What the tier may use up, for the last words: see test-reporter.ts. */
  bound: { cpuSeconds: number } | { seconds: number };
  /** How long a test may take before it counts as hanging. */
  testMinutes: number;
  env?: Record<string, string>;
}

const checks = {
  types: () => run(tool('tsc'), '--noEmit'),
  lint: () => run(tool('biome'), 'check'),
  'set-up': setUpHost,
  build: () => run(process.execPath, join(root, 'build', 'build.ts')),
  tests: runTests,
};

const tiers: Record<string, Tier> = {
  fast: {
    command: 'npm run test:fast',
    checks: ['types', 'lint', 'tests'],
    files: () => testFiles('pure'),
    bound: { seconds: 30 },
    testMinutes: 1,
  },
  promise: {
    command: 'npm test',
    checks: ['types', 'lint', 'set-up', 'build', 'tests'],
    // Pure code first: its tests are over at once, and what they find explains failures of the rest.
    files: () => [...testFiles('pure'), ...testFiles('system')],
    bound: { cpuSeconds: 8 * 60 },
    testMinutes: 5,
  },
  long: {
    command: 'npm run test:long',
    checks: ['set-up', 'build', 'tests'],
    files: () => [...testFiles('long'), ...[...testFiles('pure'), ...testFiles('system')].filter(isRandom)],
    bound: { seconds: 60 * 60 },
    testMinutes: 60,
    env: { RIG_TEST_SEEDS: process.env.RIG_TEST_SEEDS ?? '100' },
  },
};

const [tierName = '', ...args] = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('-'));
const words = args.filter((arg) => !arg.startsWith('-'));

/** The test files of one kind, which is in their names, sorted. */
function testFiles(kind: Kind): string[] {
  const kindOf = (file: string): Kind => (/\.(system|long)\.test\.ts$/.exec(file)?.[1] as Kind | undefined) ?? 'pure';
  return globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => kindOf(file) === kind)
    .sort();
}

/** Whether a test takes its seeds from test/support/random.ts: RIG_TEST_SEEDS gives it more of them. */
const isRandom = (file: string): boolean => readFileSync(join(root, file), 'utf8').includes('seedsFor(');

/** A check that did not hold; its own output has said why. */
class CheckFailed extends Error {
  exitCode: number;
  constructor(exitCode: number) {
    super();
    this.exitCode = exitCode;
  }
}

const tool = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Runs a check. A signal that reaches only us is passed on, so that no test run stays behind without a parent. */
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

/** Installs what the tests need from the distribution; test/support decides what that is. */
async function setUpHost(): Promise<void> {
  const { setUp } = await import('../test/support/setup.ts');
  await setUp();
}

/** Two files at once: most tests wait for other programs most of the time, and the smallest machine has two cores. */
async function runTests({ files, bound, testMinutes, env }: Tier): Promise<void> {
  const chosen = files().filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
  if (chosen.length === 0) throw new Error(`no test file of this tier has ${words.join(' or ')} in its path`);
  // Most of what a test file of pure code takes is reading TypeScript: the same modules in each of them.
  const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'tests');
  Object.assign(process.env, env, { NODE_COMPILE_CACHE, RIG_TEST_BOUND: JSON.stringify(bound) });
  const reporter = `--test-reporter=${join(root, 'build', 'test-reporter.ts')}`;
  const limits = ['--test-concurrency=2', `--test-timeout=${testMinutes * 60_000}`];
  await run(process.execPath, '--test', reporter, ...limits, ...options, ...chosen);
}

const tier = tiers[tierName];
if (!tier) throw new Error(`build/test.ts: expected ${Object.keys(tiers).join(', ')}, got "${tierName}"`);
for (const name of tier.checks) {
  process.stdout.write(`# ${name}\n`);
  try {
    await checks[name](tier);
  } catch (error) {
    if (!(error instanceof CheckFailed)) process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    // After failed tests, node:test's own summary stays the last word.
    if (name !== 'tests' || !(error instanceof CheckFailed))
      process.stderr.write(`\n${tier.command}: ${name} failed\n`);
    process.exit(error instanceof CheckFailed ? error.exitCode : 1);
  }
}
