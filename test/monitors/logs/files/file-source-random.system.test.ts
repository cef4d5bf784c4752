/**
 * Random lives of log files. What is done to them is everything that a host does; the one rule is that nothing is removed,
 * cut off or renamed out of sight before it could be read: that would be lost to everyone.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newFolder } from '../../../support/folder.ts';
import { randomBelow, seedsFor } from '../../../support/random.ts';
import { follow, standStill } from './following.ts';
import { missingFrom, RandomLog, shortened, type World } from './random-log.ts';

const seeds = seedsFor(10, [412984]);
/** Each test has this many seeds, at work at the same time. */
const seedsAtOnce = 10;

async function step(log: RandomLog, world: World): Promise<void> {
  const action = world.below(40);
  if (action < 20) log.writeSome();
  else if (action < 25) await log.rotate();
  else if (action < 27) await log.truncate();
  else if (action < 29) await log.rewrite();
  else if (action < 31) await log.recreate();
  else if (action < 33) await log.replaceByCopy();
  else if (action < 35 && log.isLink) await log.switchLink();
  else if (action < 37) standStill(world.below(5));
  else await delay(world.below(10));
}

/** Does forty things to four logs and compares what was examined with what was written. */
async function live(t: TestContext, seed: number): Promise<void> {
  const below = randomBelow(seed);
  const folder = newFolder(t);
  const written: string[] = [];
  const allRead = (): Promise<void> =>
    following.until(written.length).catch((cause) => {
      throw new Error(`seed ${seed}: not examined: ${missingFrom(following.lines(), written).join(', ')}`, { cause });
    });
  const world: World = { below, written, allRead };
  const logs = ['a', 'b', 'c', 'd'].map((name, index) => new RandomLog(folder, name, index === 3, world));
  const [first, ...others] = logs.map(({ path }) => path);
  // One is also watched by the name that it is rotated to, two are found by a pattern.
  const paths = [first as string, `${first}.1`, others[0] as string];
  const following = await follow(t, paths, '.', { intervalMs: 50, patterns: [join(folder, '[cd].log')] });
  for (let count = 0; count < 40; count++) await step(logs[below(logs.length)] as RandomLog, world);
  for (const log of logs) log.close();
  await allRead();
  // A line that is examined twice would be by one of the next looks.
  await delay(120);
  assert.deepEqual(following.lines().map(shortened).sort(), written.sort(), `seed ${seed}`);
}

for (let next = 0; next < seeds.length; next += seedsAtOnce) {
  const some = seeds.slice(next, next + seedsAtOnce);
  test(`every line is examined once, whatever is done to the files (RIG_TEST_SEED ${some.join(' ')})`, async (t) => {
    await Promise.all(some.map((seed) => live(t, seed)));
  });
}
