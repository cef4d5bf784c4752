/**
 * Random lives of log files. What is done to them is everything that a host does; the one rule is that nothing is removed,
 * cut off or renamed out of sight before it could be read: that would be lost to everyone.
 */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { randomBelow } from '../../support/random.ts';
import { type Following, follow, newFolder } from './following.ts';

/** Other seeds each time unless one is given; it is in the name of the test, so that a failure can be repeated. */
const firstSeed = Number(process.env.RIG_TEST_SEED ?? Date.now() % 1_000_000);
const seeds = Number(process.env.RIG_TEST_SEEDS ?? 100);
/** Each test has this many seeds, at work at the same time. */
const seedsAtOnce = 10;

/** What the files of one seed have in common. */
interface World {
  seed: number;
  below: (below: number) => number;
  following: Following;
  written: string[];
}

/** Resolves when everything that was written has been examined; else it is said what was not. */
async function allRead({ following, written, seed }: World): Promise<void> {
  try {
    await following.until(written.length);
  } catch (cause) {
    const found = new Set(following.lines().map(shortened));
    const missing = written.filter((line) => !found.has(line));
    throw new Error(`seed ${seed}: not examined: ${missing.join(', ')}`, { cause });
  }
}

/** So much of a line is enough to tell it by. */
const shortened = (line: string): string => line.slice(0, 100).trimEnd();

/** One log, its writer and its rotations. */
class Log {
  readonly path: string;
  readonly #world: World;
  readonly #name: string;
  /** Where the file really is: elsewhere when the path is a link. */
  #file: string;
  #writer: number;
  #rotations = 0;
  #targets = 0;

  constructor(folder: string, name: string, isLink: boolean, world: World) {
    this.#world = world;
    this.#name = name;
    this.path = join(folder, `${name}.log`);
    this.#file = isLink ? join(folder, `${name}-0`, 'app.log') : this.path;
    if (isLink) {
      mkdirSync(join(folder, `${name}-0`));
      symlinkSync(`${name}-0/app.log`, this.path);
    }
    writeFileSync(this.#file, `old line of ${name}\n`);
    this.#writer = openSync(this.#file, 'a');
  }

  get isLink(): boolean {
    return this.#file !== this.path;
  }

  write(to = this.#writer): void {
    const { below, written } = this.#world;
    const isHuge = below(200) === 0;
    const line = `${this.#name} ${written.length} ${isHuge ? 'x'.repeat(300_000) : 'é'.repeat(below(40))}`;
    written.push(shortened(line));
    const bytes = Buffer.from(`${line}\n`);
    const cut = below(bytes.length);
    writeSync(to, bytes.subarray(0, cut));
    writeSync(to, bytes.subarray(cut));
  }

  writeSome(): void {
    for (let count = this.#world.below(30); count >= 0; count--) this.write();
  }

  /** Renames, makes anew at once or later, and writes to the old file for a while in between. */
  async rotate(): Promise<void> {
    const { below } = this.#world;
    // The oldest of three files goes: by then it must have been read.
    if (++this.#rotations % 3 === 0) await allRead(this.#world);
    rmSync(`${this.#file}.3`, { force: true });
    for (const age of [2, 1])
      if (existsSync(`${this.#file}.${age}`)) renameSync(`${this.#file}.${age}`, `${this.#file}.${age + 1}`);
    // A shorter copy cannot be told from a log whose lines have no times.
    if (below(4) === 0 && statSync(this.#file).size >= 4096) copyFileSync(this.#file, `${this.#file}.bak`);
    renameSync(this.#file, `${this.#file}.1`);
    if (below(3) === 0) await delay(below(15));
    const next = openSync(this.#file, 'a');
    for (let count = below(4); count > 0; count--) this.write(below(2) === 0 ? next : this.#writer);
    closeSync(this.#writer);
    this.#writer = next;
  }

  /** Empties the file in place, as copytruncate does. */
  async truncate(): Promise<void> {
    await allRead(this.#world);
    if (this.#world.below(2) === 0) copyFileSync(this.#file, `${this.#file}.copy`);
    truncateSync(this.#file);
  }

  /** Writes the file anew in one go, to any size. */
  async rewrite(): Promise<void> {
    await allRead(this.#world);
    const { written } = this.#world;
    const lines = Array.from({ length: this.#world.below(40) + 1 }, () => {
      const line = `${this.#name} ${written.length} anew`;
      written.push(line);
      return `${line}\n`;
    });
    writeFileSync(this.#file, lines.join(''));
  }

  /** Deletes the file and begins it again. */
  async recreate(): Promise<void> {
    await allRead(this.#world);
    closeSync(this.#writer);
    rmSync(this.#file);
    await delay(this.#world.below(10));
    this.#writer = openSync(this.#file, 'a');
  }

  /** Renames a copy with one line more over the file, as sed -i and editors do, and goes on writing to that. */
  async replaceByCopy(): Promise<void> {
    // Of an empty log there is nothing by which its copy could be told.
    if (statSync(this.#file).size === 0) this.write();
    await allRead(this.#world);
    writeFileSync(`${this.#file}.new`, readFileSync(this.#file));
    const copy = openSync(`${this.#file}.new`, 'a');
    // A short copy that is born within the tick of the clock in which the log is deleted cannot be told from a new log.
    if (statSync(this.#file).size < 4096) await delay(15);
    this.write(copy);
    renameSync(`${this.#file}.new`, this.#file);
    closeSync(this.#writer);
    this.#writer = copy;
  }

  /** Leads the link to another file in another folder. */
  switchLink(): void {
    const folder = `${this.#name}-${++this.#targets}`;
    const file = join(this.path, '..', folder, 'app.log');
    mkdirSync(join(file, '..'));
    const next = openSync(file, 'a');
    this.write(next);
    symlinkSync(`${folder}/app.log`, `${this.path}.next`);
    renameSync(`${this.path}.next`, this.path);
    this.write();
    closeSync(this.#writer);
    this.#writer = next;
    this.#file = file;
  }

  close(): void {
    closeSync(this.#writer);
  }
}

/** Stops this process's event loop for a while, as SIGSTOP would: everything that happens meanwhile is found at once. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function step(log: Log, world: World): Promise<void> {
  const action = world.below(40);
  if (action < 20) log.writeSome();
  else if (action < 25) await log.rotate();
  else if (action < 27) await log.truncate();
  else if (action < 29) await log.rewrite();
  else if (action < 31) await log.recreate();
  else if (action < 33) await log.replaceByCopy();
  else if (action < 35 && log.isLink) {
    // A target that the link leaves before it was looked at is out of sight; a line shows that it was.
    log.write();
    await allRead(world);
    log.switchLink();
  } else if (action < 37) standStill(world.below(5));
  else await delay(world.below(10));
}

/** Does forty things to four logs and compares what was examined with what was written. */
async function live(t: TestContext, seed: number): Promise<void> {
  const below = randomBelow(seed);
  const folder = newFolder(t);
  const written: string[] = [];
  const world = { seed, below, written } as World;
  const logs = ['a', 'b', 'c', 'd'].map((name, index) => new Log(folder, name, index === 3, world));
  const [first, ...others] = logs.map(({ path }) => path);
  // One is also watched by the name that it is rotated to, two are found by a pattern.
  const paths = [first as string, `${first}.1`, others[0] as string];
  const patterns = [join(folder, '[cd].log')];
  world.following = await follow(t, paths, '.', { intervalMs: 50, patterns });
  for (let count = 0; count < 40; count++) await step(logs[below(logs.length)] as Log, world);
  for (const log of logs) log.close();
  await allRead(world);
  // A line that is examined twice would be by one of the next looks.
  await delay(120);
  const found = world.following.lines().map(shortened);
  assert.deepEqual(found.sort(), written.sort(), `seed ${seed}`);
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed += seedsAtOnce) {
  const last = Math.min(seed + seedsAtOnce, firstSeed + seeds) - 1;
  test(`every line is examined once, whatever is done to the files (RIG_TEST_SEED ${seed} to ${last})`, async (t) => {
    await Promise.all(Array.from({ length: last - seed + 1 }, (_, index) => live(t, seed + index)));
  });
}
