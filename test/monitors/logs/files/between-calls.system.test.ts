/**
 * A writer that takes its next step between any two system calls of rig, as it can where one of them gets no time: no line is
 * lost or examined twice.
 */
import assert from 'node:assert/strict';
import fs, {
  appendFileSync,
  closeSync,
  copyFileSync,
  fchmodSync,
  openSync,
  renameSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newFolder } from '../../../support/folder.ts';
import { randomBelow, seedsFor } from '../../../support/random.ts';
import { waitFor } from '../../../support/wait.ts';
import { follow } from './following.ts';

const seeds = seedsFor(4);

/** The calls by which the engine learns of the world. */
const calls = [
  ...['openSync', 'fstatSync', 'statSync', 'readSync', 'closeSync'],
  ...['readdirSync', 'readlinkSync', 'realpathSync'],
] as const;

/** Does something; false when it is not its time yet. */
type Step = () => unknown;

/** Takes the steps one after the other, each when the engine has made so many calls (`gap`) since the one before. */
async function takeBetweenCalls(steps: Step[], gap: () => number): Promise<void> {
  const real = Object.fromEntries(calls.map((name) => [name, fs[name]]));
  let [next, left, isStepping] = [0, gap(), false];
  const takeStep = (): void => {
    if (isStepping || next === steps.length || left-- > 0) return;
    isStepping = true;
    if (steps[next]?.() !== false) {
      next++;
      left = gap();
    }
    isStepping = false;
  };
  for (const name of calls)
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        takeStep();
        return (real[name] as (...args: unknown[]) => unknown)(...args);
      },
    });
  syncBuiltinESMExports();
  try {
    await waitFor('the writer to be done', () => next === steps.length);
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
}

interface Log {
  path: string;
  /** What it held before rig looked: lines that are long past, and `one`, which has been examined. */
  text: string;
  /** Whether a line has been examined. */
  isSeen: (line: string) => boolean;
}

interface Life {
  steps: Step[];
  /** The lines that are examined, once each. */
  lines: string[];
  /** A line that may be gone before anyone can read it. */
  perhaps?: string;
}

/** What a writer does, and whoever rotates its log. */
const lives: { [what: string]: (log: Log) => Life } = {
  'copytruncate to a name that is watched': ({ path, text }) => {
    let copy: number;
    return {
      steps: [
        () => appendFileSync(path, 'two\n'),
        () => (copy = openSync(`${path}.1`, 'w', 0o600)),
        () => fchmodSync(copy, 0o644),
        () => writeSync(copy, `${text}two\n`),
        () => closeSync(copy),
        () => truncateSync(path),
        () => appendFileSync(path, 'three\n'),
      ],
      lines: ['two', 'three'],
    };
  },
  'two copies of a log that is truncated': ({ path }) => ({
    steps: [
      () => appendFileSync(path, 'two\n'),
      () => copyFileSync(path, `${path}.bak`),
      () => copyFileSync(path, `${path}.1`),
      () => truncateSync(path),
      () => appendFileSync(path, 'three\n'),
    ],
    lines: ['two', 'three'],
  }),
  'copytruncate and two rotations in a row': ({ path }) => ({
    steps: [
      () => appendFileSync(path, 'two\n'),
      () => copyFileSync(path, `${path}.1`),
      () => truncateSync(path),
      () => renameSync(`${path}.1`, `${path}.2`),
      () => renameSync(path, `${path}.1`),
      () => appendFileSync(path, 'three\n'),
      () => renameSync(`${path}.2`, `${path}.3`),
      () => renameSync(`${path}.1`, `${path}.2`),
      () => renameSync(path, `${path}.1`),
      () => appendFileSync(path, 'four\n'),
    ],
    lines: ['two', 'three', 'four'],
  }),
  'three rotations in a row': ({ path }) => ({
    steps: [
      () => appendFileSync(path, 'two\n'),
      () => renameSync(path, `${path}.1`),
      () => appendFileSync(path, 'three\n'),
      () => renameSync(`${path}.1`, `${path}.2`),
      () => renameSync(path, `${path}.1`),
      () => appendFileSync(path, 'four\n'),
      () => renameSync(`${path}.2`, `${path}.3`),
      () => renameSync(`${path}.1`, `${path}.2`),
      () => renameSync(path, `${path}.1`),
      () => appendFileSync(path, 'five\n'),
    ],
    lines: ['two', 'three', 'four', 'five'],
  }),
  'a log that is written anew, and longer, while it is read': ({ path, text }) => {
    const lines = Array.from({ length: text.length / 5 }, (_, index) => `anew ${index}`);
    return {
      steps: [() => appendFileSync(path, 'perhaps\n'), () => writeFileSync(path, `${lines.join('\n')}\n`)],
      lines,
      perhaps: 'perhaps',
    };
  },
};

async function live(t: TestContext, make: (log: Log) => Life, seed: number): Promise<void> {
  const below = randomBelow(seed);
  const path = join(newFolder(t), 'app.log');
  // Longer than what is surely a copy, or shorter.
  const old = 'old\n'.repeat(below(2) === 0 ? 5 : 2000);
  writeFileSync(path, old);
  const following = await follow(t, [path, `${path}.1`], '.', { intervalMs: 10 });
  appendFileSync(path, 'one\n');
  await following.until(1);
  const isSeen = (line: string): boolean => following.lines().includes(line);
  const { steps, lines, perhaps } = make({ path, text: `${old}one\n`, isSeen });
  // Most at once, some far apart.
  const gap = (): number => (below(3) > 0 ? 0 : below(below(2) === 0 ? 10 : 80));
  await takeBetweenCalls(steps, gap);
  await waitFor(`${lines.length} lines`, () => lines.every(isSeen));
  // A line that is examined twice would be by one of the next looks.
  await delay(30);
  const seen = following.lines().filter((line) => line !== perhaps);
  assert.deepEqual(seen.sort(), ['one', ...lines].sort(), `seed ${seed}`);
}

for (const [what, make] of Object.entries(lives))
  test(`whatever rig is doing when it happens: ${what}`, async (t) => {
    for (const seed of seeds) await t.test(`RIG_TEST_SEED ${seed}`, (each) => live(each, make, seed));
  });
