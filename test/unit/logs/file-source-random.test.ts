import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { follow, newFolder } from './following.ts';

/** Another seed each time unless one is given; it is in the name of the test, so that a failure can be repeated. */
const firstSeed = Number(process.env.RIG_TEST_SEED ?? Date.now() % 1_000_000);
const seeds = Number(process.env.RIG_TEST_SEEDS ?? 5);

/** A small random generator (mulberry32): the same numbers for the same seed everywhere. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`every line is examined once, whatever is done to its file (seed ${seed})`, async (t) => {
    const below = random(seed);
    const file = join(newFolder(t), 'app.log');
    writeFileSync(file, 'old line\n');
    const { lines, until } = await follow(t, [file]);
    const written: string[] = [];
    let writer = openSync(file, 'a');
    const write = (): void => {
      const line = `line ${written.length} ${'é'.repeat(below(40))}`;
      written.push(line);
      const bytes = Buffer.from(`${line}\n`);
      const cut = below(bytes.length);
      writeSync(writer, bytes.subarray(0, cut));
      writeSync(writer, bytes.subarray(cut));
    };
    let rotations = 0;
    const rotate = async (isLate: boolean): Promise<void> => {
      // What is removed before anyone could look is lost to everyone: the oldest of three files goes.
      if (++rotations % 3 === 0) await until(written.length);
      rmSync(`${file}.3`, { force: true });
      for (const number of [2, 1]) {
        try {
          renameSync(`${file}.${number}`, `${file}.${number + 1}`);
        } catch {
          // Not rotated so often yet.
        }
      }
      renameSync(file, `${file}.1`);
      const next = openSync(file, 'a');
      if (isLate) for (let count = below(3); count >= 0; count--) write();
      closeSync(writer);
      writer = next;
    };
    for (let step = 0; step < 60; step++) {
      const action = below(20);
      if (action < 12) for (let count = below(30); count >= 0; count--) write();
      else if (action < 14) await rotate(below(2) === 0);
      else if (action < 15) {
        // What is truncated before it was read is lost to everyone: so it is read first.
        await until(written.length);
        truncateSync(file);
      } else if (action < 16) {
        await until(written.length);
        closeSync(writer);
        rmSync(file);
        writer = openSync(file, 'a');
      } else if (action < 17) {
        appendFileSync(file, 'x'.repeat(300_000));
        writeSync(writer, '\n');
        written.push('x');
      } else await delay(below(20));
    }
    closeSync(writer);
    await until(written.length);
    // A line examined twice would be found by the next look at the latest.
    await delay(20);
    const found = lines().map((line) => (line.includes('xxx') ? 'x' : line));
    assert.deepEqual(found.sort(), written.sort());
  });
}
