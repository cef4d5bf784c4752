/** A log, its writer and what hosts do to logs, at random: for the tests of random lives. */
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
import { setTimeout as delay } from 'node:timers/promises';

/** What the logs of one seed have in common. */
export interface World {
  below: (below: number) => number;
  /** The lines that were written, shortened. */
  written: string[];
  /** Resolves when everything that was written has been examined; what was not is lost to everyone when it is removed. */
  allRead(): Promise<void>;
}

/** So much of a line is enough to tell it by. */
export const shortened = (line: string): string => line.slice(0, 100).trimEnd();

/** What was written and not found, for the message of a failure. */
export function missingFrom(found: string[], written: string[]): string[] {
  const known = new Set(found.map(shortened));
  return written.filter((line) => !known.has(line));
}

/** One log, its writer and its rotations. */
export class RandomLog {
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
    if (++this.#rotations % 3 === 0) await this.#world.allRead();
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
    await this.#world.allRead();
    const copy = `${this.#file}${['', '.copy', '.1'][this.#world.below(3)]}`;
    // A copy that is written into an empty log is not told from late lines of that log's writer.
    const isEmpty = existsSync(copy) && statSync(copy).size === 0;
    // Nor can a copy be told whose own original is overwritten before anyone has looked.
    if (copy.endsWith('.1')) rmSync(`${this.#file}.bak`, { force: true });
    if (copy !== this.#file && !isEmpty) copyFileSync(this.#file, copy);
    truncateSync(this.#file);
  }

  /** Writes the file anew in one go, to any size. */
  async rewrite(): Promise<void> {
    await this.#world.allRead();
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
    await this.#world.allRead();
    closeSync(this.#writer);
    rmSync(this.#file);
    await delay(this.#world.below(10));
    this.#writer = openSync(this.#file, 'a');
  }

  /** Renames a copy with one line more over the file, as sed -i and editors do, and goes on writing to that. */
  async replaceByCopy(): Promise<void> {
    // Of an empty log there is nothing by which its copy could be told.
    if (statSync(this.#file).size === 0) this.write();
    await this.#world.allRead();
    writeFileSync(`${this.#file}.new`, readFileSync(this.#file));
    const copy = openSync(`${this.#file}.new`, 'a');
    // A short copy that is born within the tick of the clock in which the log is deleted cannot be told from a new log.
    if (statSync(this.#file).size < 4096) await delay(15);
    this.write(copy);
    renameSync(`${this.#file}.new`, this.#file);
    closeSync(this.#writer);
    this.#writer = copy;
    // Where it is rotated away before anyone has looked, it is not told from older logs.
    await this.#world.allRead();
  }

  /** Leads the link to another file in another folder. */
  async switchLink(): Promise<void> {
    // A target that the link leaves before it was looked at is out of sight; a line shows that it was.
    this.write();
    await this.#world.allRead();
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
    // Where a look fell between its birth and the switch, and it is rotated away before the next, it is not told from older logs.
    await this.#world.allRead();
  }

  close(): void {
    closeSync(this.#writer);
  }
}
